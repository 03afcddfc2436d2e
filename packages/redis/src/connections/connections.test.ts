import {
  quickestOf,
  quietLog,
  type RedisServer,
  startRedisServer,
  startTcpProxy,
  until,
} from '@chasqui/testkit';
import { type RedisConnections, createRedisConnections } from './connections';
import { SINGLE_SHARD } from './shards';

let server: RedisServer;
let connections: RedisConnections | undefined;

beforeEach(async () => {
  server = await startRedisServer();
});
afterEach(async () => {
  await connections?.close();
  connections = undefined;
  await server.close();
});

test('[D11] a failing-fast command never waits long while Redis is down, frozen or back', async () => {
  connections = createRedisConnections({ url: server.url, log: quietLog() });
  const redis = connections.open('failing-fast', 'test', SINGLE_SHARD);
  await until('the connection is ready', () => redis.status === 'ready');

  server.freeze();
  const ask = () => redis.get('a').catch(() => null);
  expect(await quickestOf(3, ask)).toBeLessThan(900);
  server.thaw();
  await until('Redis answers again', () => redis.set('a', '1').catch(() => null));

  await server.kill();
  await until('the loss is noticed', () => redis.status !== 'ready');
  expect(await quickestOf(3, ask)).toBeLessThan(100);

  await server.start();
  await until('Redis answers again', () => redis.set('a', '1').catch(() => null));
});

test('[D11] a patient command waits until Redis is started', async () => {
  await server.kill();
  const log = quietLog();
  connections = createRedisConnections({ url: server.url, log });
  const redis = connections.open('patient', 'test', SINGLE_SHARD);
  const answer = redis.set('a', '1');
  await until('the outage is logged', () => log.lines.length > 0);
  await server.start();
  expect(await answer).toBe('OK');
  // However many attempts it takes, an outage logs one line at its start and one at its end.
  expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
});

test('[D11] connections reconnect after a silent cut, also with a blocking command', async () => {
  const proxy = await startTcpProxy(server.port);
  connections = createRedisConnections({ url: `redis://127.0.0.1:${proxy.port}`, log: quietLog() });
  const asking = connections.open('patient', 'asking', SINGLE_SHARD);
  const blocking = connections.open('listening', 'blocking', SINGLE_SHARD);
  const listening = connections.open('listening', 'subscribed', SINGLE_SHARD);
  await Promise.all([asking.ping(), blocking.ping(), listening.subscribe('news')]);
  const received: string[] = [];
  listening.on('message', (_channel: string, message: string) => received.push(message));

  proxy.cut();
  const asked = asking.get('a');
  const popped = blocking.brpoplpush('from', 'to', 2);
  proxy.heal();

  expect(await asked).toBeNull();
  expect(await popped).toBeNull();
  await until('the subscription works again', async () => {
    await server.command('PUBLISH', 'news', 'hello');
    return received.length > 0;
  });
  await connections.close();
  await proxy.close();
});

test('[D11] an idle connection stays open', async () => {
  const log = quietLog();
  connections = createRedisConnections({ url: server.url, log });
  const listening = connections.open('listening', 'subscribed', SINGLE_SHARD);
  await listening.subscribe('news');
  const { stream } = listening;
  const before = stream.bytesRead;
  // Only the answers to two PINGs arrive here.
  await until('two PINGs were answered', () => stream.bytesRead >= before + 30);
  expect(listening.stream).toBe(stream);
  expect(log.lines).toEqual([]);
});

test.each(['running', 'frozen', 'gone'])(
  'connections close quickly while Redis is %s',
  async (state) => {
    const kinds = ['failing-fast', 'patient', 'listening'] as const;
    const open = () => createRedisConnections({ url: server.url, log: quietLog() });
    const sets = [open(), open(), open()];
    const all = sets.flatMap((set) => kinds.map((kind) => set.open(kind, kind, SINGLE_SHARD)));
    await until('all are connected', () => all.every(({ status }) => status === 'ready'));
    if (state === 'frozen') server.freeze();
    if (state === 'gone') {
      await server.kill();
      await until('the loss is noticed', () =>
        all.every(({ status }) => status === 'reconnecting'),
      );
    }
    expect(await quickestOf(sets.length, async () => sets.pop()?.close())).toBeLessThan(1_000);
  },
);
