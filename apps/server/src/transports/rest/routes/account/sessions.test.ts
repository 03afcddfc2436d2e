import { connectDatabase, type Database } from '@chasqui/db';
import { listSessions, sessionSchema } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import {
  createHttpClient,
  freshDatabase,
  type FreshDatabase,
  type HttpClient,
  openSocket,
  quietLog,
  type SocketClient,
  until,
} from '@chasqui/testkit';
import jwt from 'jsonwebtoken';
import { startNode, type Node } from '../../../../startNode';

// Sessions as their owner sees and ends them. One node gets the requests, the other must follow.

const external = {
  EXTERNAL_ISSUER: 'https://app.example',
  EXTERNAL_AUDIENCE: 'chat',
  EXTERNAL_SECRET: 'another secret of at least thirty-two characters',
};
const log = quietLog();
const nodes: Node[] = [];
const sockets: SocketClient[] = [];
let database: FreshDatabase;
let db: Database;
let here: HttpClient;
let there: HttpClient;

async function open(): Promise<HttpClient> {
  const node = await startNode({
    settings: parseServerSettings({
      ...{ PORT: '0', DATABASE_URL: database.url, REDIS_URL: process.env.TEST_REDIS_URL },
      ...{ JWT_SECRET: 'a secret of at least thirty-two characters', ...external },
    }),
    log,
    redisPrefix: new URL(database.url).pathname,
  });
  nodes.push(node);
  return createHttpClient(`http://127.0.0.1:${node.port}`);
}

beforeAll(async () => {
  database = await freshDatabase();
  db = connectDatabase({ url: database.url });
  [here, there] = await Promise.all([open(), open()]);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await db.close();
  await database.drop();
});

const password = 'correct horse';
let people = 0;

async function register() {
  const username = `person${++people}`;
  const body = { username, email: `${username}@example.org`, password };
  return sessionSchema.parse((await here('POST', '/api/auth/register', { body })).body);
}
async function login(username: string, secret = password, agent = 'phone/1.0') {
  const reply = await there('POST', '/api/auth/login', {
    body: { username, password: secret },
    headers: { 'user-agent': agent },
  });
  return sessionSchema.parse(reply.body);
}
async function connect(token: string, index: 0 | 1, deviceId: string): Promise<SocketClient> {
  const url = `http://127.0.0.1:${nodes[index]?.port}`;
  const socket = await openSocket(url, { auth: { token, deviceId } });
  sockets.push(socket);
  return socket;
}
const listed = async (token: string, http = here) =>
  listSessions.answers[200].parse((await http('GET', '/api/sessions', { token })).body).sessions;
const statusFor = async (token: string, http: HttpClient) =>
  (await http('GET', '/api/users/me', { token })).status;
const refresh = (refresh_token: string) =>
  here('POST', '/api/auth/refresh', { body: { refresh_token } });
const change = (token: string, current_password: string, new_password: string) =>
  here('POST', '/api/auth/password', { token, body: { current_password, new_password } });
const devicesOf = async (userId: string) =>
  (await db.query('devices', 'SELECT device_id FROM devices WHERE user_id = $1', [userId])).flat();

describe('the list', () => {
  test('shows devices recognizably, the current session first, and only one’s own', async () => {
    const [ana, ben] = [await register(), await register()];
    const phone = await login(ana.user.username, password, '\u00e9vil\tphone/1.0  ');
    await connect(phone.access_token, 1, 'her phone');
    const [mine, other, ...more] = await listed(ana.access_token);
    expect(mine).toMatchObject({ current: true, device_id: null });
    expect(other).toMatchObject({
      ...{ current: false, device_id: 'her phone', user_agent: 'vil phone/1.0' },
    });
    expect(more).toEqual([]);
    expect(Date.parse(other?.last_seen_at ?? '')).toBeGreaterThan(
      Date.parse(other?.created_at ?? ''),
    );
    expect((await listed(phone.access_token, there))[0]?.id).toBe(other?.id);
    expect(await listed(ben.access_token)).toHaveLength(1);
  });

  test('shows the last token exchange', async () => {
    const ana = await register();
    const [before] = await listed(ana.access_token);
    await refresh(ana.refresh_token);
    const [after] = await listed(ana.access_token);
    expect(Date.parse(after?.last_seen_at ?? '')).toBeGreaterThan(
      Date.parse(before?.last_seen_at ?? ''),
    );
  });
});

describe('ending', () => {
  test('ending one invalidates its tokens and sockets on every node and its device, and no other', async () => {
    const ana = await register();
    const phone = await login(ana.user.username);
    const [lost, stays] = await Promise.all([
      connect(phone.access_token, 1, 'phone'),
      connect(ana.access_token, 1, 'desk'),
    ]);
    expect(await statusFor(phone.access_token, there)).toBe(200);
    const id = (await listed(phone.access_token))[0]?.id ?? '';
    const ended = await here('DELETE', `/api/sessions/${id}`, { token: ana.access_token });
    expect(ended.status).toBe(204);
    expect(await statusFor(phone.access_token, here)).toBe(401);
    await until('the socket on the other node is closed', () => lost.socket.disconnected);
    // The notification that closed the socket has also cleared that node's cache.
    expect(await statusFor(phone.access_token, there)).toBe(401);
    expect((await refresh(phone.refresh_token)).status).toBe(401);
    expect(await devicesOf(ana.user.id)).toEqual(['desk']);
    expect(stays.socket.connected).toBe(true);
    expect(await listed(ana.access_token)).toHaveLength(1);
    const again = await here('DELETE', `/api/sessions/${id}`, { token: ana.access_token });
    expect(again.status).toBe(404);
  });

  test('another user’s session cannot be ended', async () => {
    const [ana, eve] = [await register(), await register()];
    const id = (await listed(ana.access_token))[0]?.id ?? '';
    const asked = await here('DELETE', `/api/sessions/${id}`, { token: eve.access_token });
    expect(asked.status).toBe(404);
    expect(await statusFor(ana.access_token, here)).toBe(200);
  });

  test('ending all others keeps the current one', async () => {
    const ana = await register();
    const others = [await login(ana.user.username), await login(ana.user.username)];
    const lost = await connect(others[0]?.access_token ?? '', 0, 'phone');
    const asked = await there('DELETE', '/api/sessions', { token: ana.access_token });
    expect(asked.status).toBe(204);
    await until('its socket is closed', () => lost.socket.disconnected);
    for (const { access_token, refresh_token } of others) {
      expect(await statusFor(access_token, there)).toBe(401);
      expect((await refresh(refresh_token)).status).toBe(401);
    }
    expect(await listed(ana.access_token)).toMatchObject([{ current: true }]);
    expect((await refresh(ana.refresh_token)).status).toBe(200);
  });

  test('two sessions that end each other concurrently leave one', async () => {
    for (let i = 0; i < 5; i += 1) {
      const ana = await register();
      const phone = await login(ana.user.username);
      const replies = await Promise.all([
        here('DELETE', '/api/sessions', { token: ana.access_token }),
        there('DELETE', '/api/sessions', { token: phone.access_token }),
      ]);
      expect(replies.map(({ status }) => status).sort()).toEqual([204, 401]);
      const winner = replies[0].status === 204 ? ana : phone;
      expect(await listed(winner.access_token)).toHaveLength(1);
    }
  });
});

describe('another password', () => {
  test('keeps this session with fresh tokens, and ends all others everywhere', async () => {
    const ana = await register();
    const phone = await login(ana.user.username);
    const lost = await connect(phone.access_token, 1, 'phone');
    const stays = await connect(ana.access_token, 1, 'desk');
    const reply = await change(ana.access_token, password, 'battery staple');
    expect(reply.status).toBe(200);
    const fresh = sessionSchema.parse(reply.body);
    expect(fresh.user.id).toBe(ana.user.id);
    await until('the other socket is closed', () => lost.socket.disconnected);
    expect(await statusFor(phone.access_token, there)).toBe(401);
    expect((await refresh(phone.refresh_token)).status).toBe(401);
    expect(stays.socket.connected).toBe(true);
    // A copied refresh token is useless, and cannot end the session either.
    expect((await refresh(ana.refresh_token)).status).toBe(401);
    expect((await refresh(fresh.refresh_token)).status).toBe(200);
    expect(await listed(fresh.access_token)).toMatchObject([{ current: true }]);
    const old = { username: ana.user.username, password };
    expect((await here('POST', '/api/auth/login', { body: old })).status).toBe(401);
    await expect(login(ana.user.username, 'battery staple')).resolves.toBeDefined();
  });

  test('is refused without the current one, and ends nothing', async () => {
    const ana = await register();
    const phone = await login(ana.user.username);
    const reply = await change(ana.access_token, 'wrong horse', 'battery staple');
    expect(reply.status).toBe(403);
    expect(reply.body).toMatchObject({
      error: { name: 'ForbiddenError', details: { reason: 'wrong_password' } },
    });
    expect((await change(ana.access_token, password, 'short')).status).toBe(400);
    expect(await statusFor(phone.access_token, there)).toBe(200);
    await expect(login(ana.user.username)).resolves.toBeDefined();
  });

  test('is refused for users of an external issuer, with the reason', async () => {
    const claims = { sub: 'x', iss: external.EXTERNAL_ISSUER, aud: external.EXTERNAL_AUDIENCE };
    const token = jwt.sign(claims, external.EXTERNAL_SECRET, { expiresIn: 60 });
    const reply = await change(token, 'anything', 'battery staple');
    expect(reply.status).toBe(403);
    expect(reply.body).toMatchObject({ error: { details: { reason: 'no_password' } } });
    expect(await listed(token)).toMatchObject([{ current: true }]);
  });

  test('lets no concurrent login with the old password through', async () => {
    const ana = await register();
    const hash = 'SELECT password_hash FROM users WHERE id = $1';
    const [[before]] = (await db.query('hash', hash, [ana.user.id])) as [[string]];
    const { sequelize } = db;
    const transaction = await sequelize.transaction();
    const set = { replacements: { id: ana.user.id, before }, transaction };
    await sequelize.query(`UPDATE users SET password_hash = :before || 'x' WHERE id = :id`, set);
    const late = here('POST', '/api/auth/login', {
      body: { username: ana.user.username, password },
    });
    const waiting = `SELECT count(*)::int FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await until('it waits for the change', async () => {
      const [[count]] = (await db.query('waiting', waiting, [])) as [[number]];
      return count > 0;
    });
    await transaction.commit();
    expect((await late).status).toBe(401);
    expect(await listed(ana.access_token)).toHaveLength(1);
  });

  test('attempts count against the login limit, on every node', async () => {
    const ana = await register();
    const statuses: number[] = [];
    // A slow machine earns further attempts meanwhile, one in 12 s.
    for (let i = 0; statuses.at(-1) !== 429 && i < 100; i += 1) {
      statuses.push((await change(ana.access_token, `guess ${i}`, 'battery staple')).status);
    }
    expect(new Set(statuses.slice(0, 50))).toEqual(new Set([403]));
    expect(statuses.at(-1)).toBe(429);
    const right = await there('POST', '/api/auth/login', {
      body: { username: ana.user.username, password },
    });
    expect(right.status).toBe(429);
    expect(right.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});

test('no password and no token is logged', () => {
  const written = JSON.stringify(log.lines);
  for (const secret of [password, 'battery staple', 'guess 1']) {
    expect(written).not.toContain(secret);
  }
});
