import { randomUUID } from 'node:crypto';
import type Redis from 'ioredis';
import { systemClock } from '@chasqui/foundation';
import { createPresence } from '@chasqui/presence';
import {
  quietLog,
  type RedisServer,
  startRedisServer,
  startTcpProxy,
  type TcpProxy,
  until,
} from '@chasqui/testkit';
import { createBus } from '../bus/bus';
import { type RedisConnections, createRedisConnections } from './connections';
import { createConsumer } from '../queue/consumer';
import { createDeliveryQueue } from '../queue/deliveryQueue';
import { SINGLE_SHARD } from './shards';

let former: RedisServer;
let master: RedisServer;
let proxy: TcpProxy;
let opened: RedisConnections[];
/** Called before the connections close, also when a test fails. */
let closers: (() => Promise<void>)[];
let log: ReturnType<typeof quietLog>;

beforeEach(async () => {
  [former, master] = await Promise.all([startRedisServer(), startRedisServer()]);
  await master.command('REPLICAOF', '127.0.0.1', former.port);
  await until('the replica follows', async () =>
    String(await master.command('INFO', 'replication')).includes('master_link_status:up'),
  );
  proxy = await startTcpProxy(former.port);
  opened = [];
  closers = [];
  log = quietLog();
});
afterEach(async () => {
  await Promise.all(closers.map((close) => close()));
  await Promise.all(opened.map((connections) => connections.close()));
  await proxy.close();
  await Promise.all([former.close(), master.close()]);
});

function connect(): RedisConnections {
  const connections = createRedisConnections({ url: `redis://127.0.0.1:${proxy.port}`, log });
  opened.push(connections);
  return connections;
}

/** Points the address at the other server. The former master and its connections stay up. */
async function failOver(formerBecomes: 'replica' | 'master'): Promise<void> {
  await master.command('REPLICAOF', 'NO', 'ONE');
  proxy.retarget(master.port);
  if (formerBecomes === 'replica') {
    await former.command('REPLICAOF', '127.0.0.1', master.port);
  }
}

const connectionsOf = async (server: RedisServer): Promise<string[]> =>
  [...String(await server.command('CLIENT', 'LIST')).matchAll(/ name=(chasqui-\S+)/g)].flatMap(
    ([, name]) => (name === undefined || name === 'chasqui-watch' ? [] : [name]),
  );
const noneLeft = () =>
  until('no connection to the former master is left', async () => {
    return (await connectionsOf(former)).length === 0;
  });

describe.each(['replica', 'master'] as const)('the former master stays up as a %s', (becomes) => {
  test('[D11] every kind of connection moves to the new master', async () => {
    const connections = connect();
    const open = (kind: Parameters<RedisConnections['open']>[0]): Redis =>
      connections.open(kind, kind, SINGLE_SHARD);
    const all = [
      open('failing-fast'),
      open('patient'),
      open('listening'),
      open('self-subscribing'),
    ];
    const subscriber = connections.open('listening', 'subscriber', SINGLE_SHARD);
    const received: string[] = [];
    subscriber.on('pmessage', (_pattern: string, _channel: string, said: string) =>
      received.push(said),
    );
    await subscriber.psubscribe('news*');
    await until('all are ready', () => all.every(({ status }) => status === 'ready'));
    const popped = all[2]?.brpoplpush('from', 'to', 0);

    await failOver(becomes);
    await noneLeft();
    await until('all are ready again', () => all.every(({ status }) => status === 'ready'));
    expect(await all[1]?.set('a', 'written')).toBe('OK');
    expect(await master.command('GET', 'a')).toBe('written');
    await master.command('LPUSH', 'from', 'a job');
    expect(await popped).toBe('a job');
    await until('the subscription works', async () => {
      await master.command('PUBLISH', 'news', 'hello');
      return received.includes('hello');
    });
  });

  test('[D5, D10, D11] queue, bus and presence work again', async () => {
    const connections = connect();
    const queue = createDeliveryQueue(connections);
    const woken: unknown[] = [];
    const consumer = createConsumer({
      redis: connections,
      concurrency: 2,
      log,
      handle: async ({ data }) => void woken.push(data),
    });
    const buses = ['a', 'b'].map((nodeId) => createBus({ redis: connect(), nodeId, log }));
    closers.push(() => consumer.stop(1_000), ...buses.map((bus) => () => bus.close()));
    const notifications: unknown[] = [];
    for (const bus of buses) bus.subscribe((notification) => notifications.push(notification));
    const presence = createPresence({
      redis: connections,
      nodeId: randomUUID(),
      clock: systemClock,
      onChange: () => undefined,
      log,
    });
    closers.push(() => presence.close());
    const wake = (userId: string) =>
      queue.add([{ userId, jobId: randomUUID(), delayMs: 0 }]).catch(() => undefined);
    const isConnected = () => buses.every((bus) => bus.connected());
    presence.connected('ana', 'connection');
    await until('jobs are processed', async () => {
      await wake('before');
      return woken.length > 0;
    });
    await until('the bus works', isConnected);

    await failOver(becomes);
    await noneLeft();
    woken.length = 0;
    await until('jobs are processed again', async () => {
      await wake('after');
      return woken.some((data) => JSON.stringify(data).includes('after'));
    });
    await until('the bus works again', async () => {
      buses[0]?.publish({ type: 'recheck', userIds: ['ben'] });
      return notifications.length > 0;
    });
    await until('presence works again', async () => {
      return (await presence.statusOf(['ana'])).get('ana') === 'online';
    });
    expect(await master.command('ZSCORE', 'chasqui:presence:users', 'ana')).toEqual(
      expect.anything(),
    );
  });
});

test('[D11] a replica behind the address is not used until it is promoted', async () => {
  await former.command('REPLICAOF', '127.0.0.1', master.port);
  const connections = connect();
  const fast = connections.open('failing-fast', 'fast', SINGLE_SHARD);
  const patient = connections.open('patient', 'patient', SINGLE_SHARD);
  const answer = patient.set('a', '1');
  await until('the replica is logged', () =>
    log.lines.some(({ message }) => message.includes('a replica')),
  );
  expect(fast.status).not.toBe('ready');
  const attempts = async () =>
    Number(
      /total_connections_received:(\d+)/.exec(String(await former.command('INFO', 'stats')))?.[1],
    );
  const before = await attempts();
  await until('three seconds have passed', () => false, 3_000).catch(() => undefined);
  // Two connections with pauses of up to two seconds, and the master watch.
  expect((await attempts()) - before).toBeLessThan(60);
  await former.command('REPLICAOF', 'NO', 'ONE');
  expect(await answer).toBe('OK');
});

test('[D11] a restart of Redis is no failover: each connection reconnects once', async () => {
  const connections = connect();
  const kinds = ['failing-fast', 'patient', 'listening', 'self-subscribing'] as const;
  const all = kinds.map((kind) => connections.open(kind, kind, SINGLE_SHARD));
  const subscriber = all[2];
  await subscriber?.psubscribe('news*');
  await until('all are ready', () => all.every(({ status }) => status === 'ready'));
  await former.kill();
  await former.start();
  await until('all are ready again', () => all.every(({ status }) => status === 'ready'));
  const streams = all.map(({ stream }) => stream);
  const asked = async () =>
    Number(
      /cmdstat_info:calls=(\d+)/.exec(String(await former.command('INFO', 'commandstats')))?.[1],
    );
  const before = await asked();
  await until('the address was checked several times', async () => (await asked()) - before > 8);
  expect(all.map(({ stream }, i) => stream === streams[i])).toEqual(kinds.map(() => true));
  expect(log.lines.map(({ message }) => message)).not.toContain(
    'Redis has failed over; reconnecting',
  );
});
