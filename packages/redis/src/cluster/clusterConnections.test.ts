import {
  quickestOf,
  quietLog,
  type RedisCluster,
  startRedisCluster,
  until,
} from '@chasqui/testkit';
import { type RedisConnections, createRedisConnections } from '../connections/connections';
import { CLUSTER_QUEUE, CLUSTER_SHARDS } from '../connections/shards';

// The promises of connections to a single Redis, tested on each node of a cluster.

let cluster: RedisCluster;
let connections: RedisConnections;
let log: ReturnType<typeof quietLog>;

beforeEach(async () => {
  cluster = await startRedisCluster();
  log = quietLog();
  connections = open();
});
afterEach(async () => {
  await connections.close();
  await cluster.close();
});

const open = () => createRedisConnections({ url: cluster.url, log });
const queueKey = `${CLUSTER_QUEUE.tag}a`;

test('shards map to their declared slots, spread over all three masters', async () => {
  const [server] = cluster.servers;
  const masters = new Set<number>();
  for (const { tag, slot } of [...CLUSTER_SHARDS, CLUSTER_QUEUE]) {
    expect(await server?.command('CLUSTER', 'KEYSLOT', `${tag}a`)).toBe(slot);
    masters.add((await cluster.masterOf(`${tag}a`)).port);
  }
  expect(masters.size).toBe(3);
});

test('[D11] a failing-fast command never waits long while its master is down, frozen or back; other masters are unaffected', async () => {
  const shards = connections.shards.map((shard) => ({
    key: `${shard.tag}a`,
    redis: connections.open('failing-fast', 'test', shard),
  }));
  const [first, ...others] = shards;
  if (first === undefined) throw new Error('no shard');
  await until('all masters answer', () =>
    Promise.all(shards.map(({ redis, key }) => redis.set(key, '1'))),
  );
  const master = await cluster.masterOf(first.key);
  const elsewhere = others.at(-1);
  expect(await cluster.masterOf(elsewhere?.key ?? '')).not.toBe(master);

  master.freeze();
  const ask = () => first.redis.get(first.key).catch(() => null);
  expect(await quickestOf(3, ask)).toBeLessThan(900);
  expect(await elsewhere?.redis.get(elsewhere.key)).toBe('1');
  master.thaw();
  await until('the master answers again', () => first.redis.set(first.key, '1').catch(() => null));

  await master.kill();
  await until('the loss is noticed', () => first.redis.status !== 'ready');
  expect(await quickestOf(3, ask)).toBeLessThan(100);
  expect(await elsewhere?.redis.get(elsewhere.key)).toBe('1');

  await master.start();
  await until('the master answers again', () => first.redis.set(first.key, '1').catch(() => null));
});

test('[D11] a patient command waits for its master, and an outage logs one line at its start and one at its end', async () => {
  const redis = connections.open('patient', 'test', CLUSTER_QUEUE);
  await redis.set(queueKey, '1');
  const master = await cluster.masterOf(queueKey);
  await master.kill();
  await until('the outage is logged', () => log.lines.length > 0);
  const answer = redis.set(queueKey, '2');
  await master.start();
  expect(await answer).toBe('OK');
  await until('its end is logged', () => log.lines.length === 2);
  expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
});

test('[D11] commands and blocking commands follow a slot that has moved', async () => {
  const patient = connections.open('patient', 'asking', CLUSTER_QUEUE);
  const fast = connections.open('failing-fast', 'fast', CLUSTER_QUEUE);
  const blocking = connections.open('listening', 'blocking', CLUSTER_QUEUE);
  await Promise.all([patient.ping(), blocking.ping()]);
  const from = await cluster.masterOf(queueKey);
  const popped = blocking.brpoplpush(`${queueKey}:from`, `${queueKey}:to`, 20);
  await until('the command blocks', async () =>
    String(await from.command('INFO', 'clients')).includes('blocked_clients:1'),
  );
  const { to } = await cluster.moveSlotOf(queueKey);
  expect(await patient.lpush(`${queueKey}:from`, 'found')).toBe(1);
  expect(await popped).toBe('found');
  await until('the connection has followed the slot', () =>
    fast.set(queueKey, '1').catch(() => null),
  );
  expect(await to.command('GET', queueKey)).toBe('1');
});

test.each(['running', 'frozen', 'gone', 'half gone'])(
  'connections close quickly while the cluster is %s',
  async (state) => {
    const kinds = ['failing-fast', 'patient', 'listening', 'self-subscribing'] as const;
    const sets = [connections, open(), open()];
    const all = sets.flatMap((set) =>
      kinds.flatMap((kind) => set.shards.map((shard) => set.open(kind, kind, shard))),
    );
    await until('all are connected', () => all.every(({ status }) => status === 'ready'));
    for (const [i, server] of cluster.servers.entries()) {
      if (state === 'frozen') server.freeze();
      if (state === 'gone' || (state === 'half gone' && i === 0)) await server.kill();
    }
    expect(await quickestOf(sets.length, async () => sets.pop()?.close())).toBeLessThan(1_000);
  },
);
