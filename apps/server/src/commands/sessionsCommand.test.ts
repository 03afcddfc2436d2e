import { spawn } from 'node:child_process';
import path from 'node:path';
import { CommandError, connectDatabase, type Database } from '@chasqui/db';
import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture, until } from '@chasqui/testkit';
import { startNode, type Node } from '../startNode';
import { sessionsCommand } from './sessionsCommand';

// Sessions ended from the command line, with two servers that get no notification.

let fixture: ServerFixture<Node>;
let two: Node;
let db: Database;
const events: object[] = [];

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log: quietLog(), redisPrefix }),
  );
  await fixture.open();
  two = await fixture.open();
  db = connectDatabase({ url: fixture.database.url });
});
afterEach(() => fixture.disconnectAll());
afterAll(async () => {
  await db.close();
  await fixture.close();
});

const run = (...args: string[]) =>
  sessionsCommand(db, { record: (event) => void events.push(event) }, args);
const statusOf = async (token: string, node?: Node) =>
  (await fixture.httpOf(node)('GET', '/api/users/me', { token })).status;
const refresh = async (token: string) =>
  (await fixture.httpOf()('POST', '/api/auth/refresh', { body: { refresh_token: token } })).status;
const devices = async () => (await db.query('', 'SELECT device_id FROM devices', [])).flat();

test("all sessions of one user end on every server, with sockets and devices; other users' stay", async () => {
  const [ana, ben] = [await fixture.register(), await fixture.register()];
  const phone = await fixture.login(ana);
  const [lost, stays] = await Promise.all([
    fixture.connect(phone.access_token, { node: two, auth: { deviceId: 'phone of ana' } }),
    fixture.connect(ben.access_token, { node: two, auth: { deviceId: 'phone of ben' } }),
  ]);
  const [line] = await run('end', ana.user.username.toUpperCase());
  expect(line).toMatch(/^2 sessions have ended/);
  await until('her socket is closed', () => !lost.socket.connected);
  for (const token of [ana.access_token, phone.access_token]) {
    await until('her token is refused', async () => (await statusOf(token)) === 401);
    await until('on the other server too', async () => (await statusOf(token, two)) === 401);
  }
  for (const token of [ana.refresh_token, phone.refresh_token]) {
    expect(await refresh(token)).toBe(401);
  }
  expect(await devices()).toEqual(['phone of ben']);
  expect(stays.socket.connected).toBe(true);
  expect(await statusOf(ben.access_token, two)).toBe(200);
  expect(events).toEqual([
    { event: 'sessions_ended', userId: ana.user.id, count: 2, actor: 'command' },
  ]);
  expect((await fixture.login(ana)).user.id).toBe(ana.user.id);
});

test('all sessions of all users end; a second call finds none', async () => {
  const people = [await fixture.register(), await fixture.register()];
  const sockets = await Promise.all(
    people.map(({ access_token }, i) => fixture.connect(access_token, i ? { node: two } : {})),
  );
  await run('end-all');
  await until('all sockets are closed', () => sockets.every(({ socket }) => !socket.connected));
  for (const { access_token, refresh_token } of people) {
    await until('tokens are refused', async () => (await statusOf(access_token)) === 401);
    expect(await refresh(refresh_token)).toBe(401);
  }
  expect(await devices()).toEqual([]);
  expect(await run('end-all')).toEqual([expect.stringMatching(/^0 sessions have ended/)]);
  expect(events.at(-1)).toEqual({ event: 'all_sessions_ended', count: 0, actor: 'command' });
});

test.each(['', 'end', 'end-all ana', 'end ana ben', 'end --all', 'start ana'])(
  '%p prints the usage',
  async (line) => {
    await expect(run(...line.split(' '))).rejects.toThrow(CommandError);
    await expect(run(...line.split(' '))).rejects.toThrow('Usage: npm run sessions');
  },
);

test('an unknown user is named in the error', async () => {
  await expect(run('end', 'nobody.at.all')).rejects.toThrow('There is no user "nobody.at.all".');
});

test('the compiled program works', async () => {
  await fixture.register();
  const program = path.join(__dirname, '../../dist/commands/main.js');
  const child = spawn(process.execPath, [program, 'sessions', 'end-all'], {
    env: { PATH: process.env.PATH, DATABASE_URL: fixture.database.url },
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect([code, output]).toEqual([0, expect.stringMatching(/^1 session has ended/)]);
});
