import { spawn } from 'node:child_process';
import { type RedisServer, startRedisServer } from './redisServer';
import { endOrAnswer } from './startingServer';

// Neither a busy machine nor a port in use may fail a test.

let opened: RedisServer[];
beforeEach(() => {
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((server) => server.close()));
});

async function open(...args: Parameters<typeof startRedisServer>): Promise<RedisServer> {
  const server = await startRedisServer(...args);
  opened.push(server);
  return server;
}

test('a server whose port is in use takes another port', async () => {
  const foreign = await open();
  await foreign.command('SET', 'whose', 'another test’s');
  const server = await open([], { preferredPort: foreign.port });
  expect(server.port).not.toBe(foreign.port);
  expect(await server.command('GET', 'whose')).toBeNull();
});

test('a restarted server waits until its port is free again', async () => {
  const server = await open();
  const { port } = server;
  await server.kill();
  const foreign = await open([], { preferredPort: port });
  expect(foreign.port).toBe(port);
  const starting = server.start();
  await foreign.close();
  await starting;
  expect(server.port).toBe(port);
  expect(await server.command('PING')).toBe('PONG');
});

test('a server that is frozen for six seconds while starting still starts', async () => {
  const server = await open();
  await server.kill();
  const starting = server.start();
  server.freeze();
  const since = performance.now();
  setTimeout(() => server.thaw(), 6_000);
  await starting;
  expect(performance.now() - since).toBeGreaterThanOrEqual(5_900);
});

test('a server that exits is reported with its last output', async () => {
  await expect(open(['--no-such-setting', 'yes'])).rejects.toThrow(
    /^redis-server ended with code \d+:\n[^]*no-such-setting/,
  );
});

test('a server that hangs is reported', async () => {
  const server = await open([], { hangsAfterMs: 3_000 });
  await server.kill();
  const starting = server.start();
  server.freeze();
  await expect(starting).rejects.toThrow(
    /^redis-server is running, but has not responded for 3 s:/,
  );
});

test('a server that accepts connections without responding counts as hanging', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1_000)']);
  try {
    const answers = () => new Promise<boolean>(() => undefined);
    const hanging = { name: 'it', child, lastLines: () => '', answers, hangsAfterMs: 1_000 };
    await expect(endOrAnswer(hanging)).rejects.toThrow(
      /^it is running, but has not responded for 1 s:/,
    );
  } finally {
    child.kill('SIGKILL');
  }
});
