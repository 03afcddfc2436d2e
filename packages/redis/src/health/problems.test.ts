import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { quietLog, type RedisServer, startRedisServer, until } from '@chasqui/testkit';
import { type RedisConnections, createRedisConnections } from '../connections/connections';
import { SINGLE_SHARD } from '../connections/shards';
import { createProblems } from './problems';

const LOGIN = 'Redis refuses the login: check user and password in REDIS_URL';

let server: RedisServer;
let connections: RedisConnections | undefined;
let log: ReturnType<typeof quietLog>;
beforeEach(async () => {
  log = quietLog();
  server = await startRedisServer();
});
afterEach(async () => {
  await connections?.close();
  connections = undefined;
  await server.close();
});

const logged = () => log.lines.map(({ level, message }) => `${level} ${message}`);

function open(url: string): { asking: () => Promise<unknown>; waiting: Promise<unknown> } {
  connections = createRedisConnections({ url, log });
  const fast = connections.open('failing-fast', 'fast', SINGLE_SHARD);
  const patient = connections.open('patient', 'patient', SINGLE_SHARD);
  connections.open('self-subscribing', 'subscribing', SINGLE_SHARD);
  return { asking: () => fast.set('a', '1'), waiting: patient.set('b', '1') };
}
const isWell = (asking: () => Promise<unknown>) =>
  until('Redis can be used', async () => {
    await asking();
    return connections?.problem() === undefined;
  });

test.each([
  ['NOAUTH: no password is given', ''],
  ['WRONGPASS: another password is given', ':wrong@'],
])('[D11] %s: logged, and recovered at run time', async (_name, login) => {
  await server.command('CONFIG', 'SET', 'requirepass', 'right');
  const { asking, waiting } = open(`redis://${login}127.0.0.1:${server.port}`);
  const done = waiting.catch(() => 'refused');
  await until('the cause is reported', () => connections?.problem() === LOGIN);
  await expect(asking()).rejects.toThrow();
  const admin = new URL(server.url);
  admin.password = 'right';
  await runAt(admin.href, login === '' ? 'nopass' : '>wrong');
  await isWell(asking);
  // A waiting command succeeds once the server accepts the login; a wrong password fails it.
  expect(await done).toBe(login === '' ? 'OK' : 'refused');
  expect(logged()).toEqual([`error ${LOGIN}`, 'info Redis can be used again']);
});

/** Changes the password of the default user. */
async function runAt(url: string, password: string): Promise<void> {
  const one = createRedisConnections({ url, log: quietLog() });
  await one.open('patient', 'admin', SINGLE_SHARD).call('ACL', 'SETUSER', 'default', password);
  await one.close();
}

describe('with data on disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'chasqui-problems-'));
    await server.close();
    server = await startRedisServer([
      ...['--dir', folder, '--key-load-delay', '2000'],
      ...['--loading-process-events-interval-bytes', '1024'],
    ]);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('[D11] MISCONF: Redis cannot save for a while', async () => {
    const { asking, waiting } = open(server.url);
    await waiting;
    await isWell(asking);
    await server.command('CONFIG', 'SET', 'save', '3600 1');
    // A folder in its place keeps Redis from writing the file.
    mkdirSync(path.join(folder, 'dump.rdb'));
    await server.command('BGSAVE');
    await until('the cause is reported', () =>
      (connections?.problem() ?? '').startsWith('Redis cannot save its data and refuses writes'),
    );
    await expect(asking()).rejects.toThrow(/MISCONF/);
    rmdirSync(path.join(folder, 'dump.rdb'));
    await until('Redis can save', () => server.command('BGSAVE').catch(() => undefined));
    await isWell(asking);
    expect(logged()).toEqual([
      expect.stringMatching(/^error Redis cannot save/),
      'info Redis can be used again',
    ]);
  });

  test('[D11] LOADING: Redis is loading its data', async () => {
    await server.command('EVAL', "for i=1,2000 do redis.call('SET','key'..i,i) end", 0);
    await server.command('SAVE');
    await server.kill();
    const starting = server.start();
    const { asking } = open(server.url);
    await until('the cause is reported', () =>
      (connections?.problem() ?? '').includes('loading its data'),
    );
    await starting;
    await isWell(asking);
    expect(logged()).toContain('info Redis can be used again');
  });
});

test('[D11] BUSY: a script blocks Redis', async () => {
  const { asking, waiting } = open(server.url);
  await waiting;
  await isWell(asking);
  await server.command('CONFIG', 'SET', 'lua-time-limit', 50);
  const admin = connections?.open('listening', 'admin', SINGLE_SHARD);
  const script = server.command('EVAL', 'while true do end', 0).catch(() => undefined);
  await until('the cause is reported', () =>
    (connections?.problem() ?? '').includes('blocked by a script'),
  );
  await admin?.call('SCRIPT', 'KILL');
  await script;
  await isWell(asking);
  expect(logged()).toContain('info Redis can be used again');
});

test('a Redis older than 6.2 is reported and not used', async () => {
  const proxy = await agingProxy(server.port);
  try {
    const { asking, waiting } = open(`redis://127.0.0.1:${proxy.port}`);
    waiting.catch(() => undefined);
    await until('the cause is reported', () => connections?.problem() !== undefined);
    expect(connections?.problem()).toMatch(
      /^Redis 6\.0\.\d+ is not supported and not used: REDIS_URL /,
    );
    await expect(asking()).rejects.toThrow();
    proxy.isOld = false;
    await isWell(asking);
    expect(logged()).toEqual([
      expect.stringMatching(/is not supported/),
      'info Redis can be used again',
    ]);
  } finally {
    await connections?.close();
    await proxy.close();
  }
});

/** A proxy that makes the server look older than it is. On loopback, INFO arrives in one piece. */
async function agingProxy(port: number) {
  const sockets = new Set<net.Socket>();
  const listener = net.createServer((client) => {
    const upstream = net.connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined));
    client.pipe(upstream);
    upstream.on('data', (piece) => {
      const text = piece.toString('latin1');
      const aged = text
        .replace(/redis_version:\d+\.\d+/, 'redis_version:6.0')
        .replace('valkey_version', 'former_version');
      client.write(proxy.isOld ? aged : text, 'latin1');
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const proxy = {
    port: (listener.address() as AddressInfo).port,
    isOld: true,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => listener.close(resolve));
    },
  };
  return proxy;
}

describe('error replies to a single command', () => {
  const missing = "ERR unknown command 'brpoplpush', with args beginning with: ";

  test('an error reply counts as a problem until it has not occurred for a while, even if other commands work', async () => {
    let now = 0;
    const problems = createProblems(log, () => now);
    problems.replied(missing);
    problems.works();
    expect(problems.current()).toMatch(/rename-command/);
    now = 11_000;
    await until('the problem has ended', () => problems.current() === undefined);
    problems.stop();
    expect(logged()).toHaveLength(2);
  });

  test.each([
    "ERR unknown command 'info', with args beginning with: ",
    "NOPERM User app has no permissions to run the 'client|setname' command",
    'NOSCRIPT No matching script. Please use EVAL.',
    'ERR value is not an integer',
  ])('an error reply to a command that Chasqui can do without is ignored: %s', (message) => {
    const problems = createProblems(log);
    problems.replied(message);
    problems.stop();
    expect(problems.current()).toBeUndefined();
  });
});
