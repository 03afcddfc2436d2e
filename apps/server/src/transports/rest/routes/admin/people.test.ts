import { allScheduledWakeups, connectDatabase, type Database } from '@chasqui/db';
import { scheduledWakeups } from '@chasqui/db/testing';
import { systemClock } from '@chasqui/foundation';
import { createAccounts, createRoles, createSecurityLog } from '@chasqui/identity';
import {
  administeredUserSchema,
  errorBodySchema,
  type Session,
  sessionSchema,
} from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture, until } from '@chasqui/testkit';
import * as z from 'zod';
import { startNode, type Node } from '../../../../startNode';

// Account administration: suspension, sessions, passwords. Requests go to the first node; sockets
// are on the second.

const log = quietLog();
let fixture: ServerFixture<Node>;
let db: Database;
let second: Node;
let owner: Session;
let admin: Session;

const securityLog = createSecurityLog({ log, clock: systemClock, secret: 'x'.repeat(32) });
/** As in `npm run admin`: without a bus, so nodes get no notification. */
const fromCommandLine = () =>
  createAccounts({
    ...{ db, securityLog, announceEnded: () => undefined, wake: () => undefined },
    hash: () => Promise.resolve('a hash'),
  });

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  await fixture.open({ RATE_LIMIT: 'off' });
  second = await fixture.open({ RATE_LIMIT: 'off' });
  db = connectDatabase({ url: fixture.database.url, poolMax: 4 });
  [owner, admin] = [await fixture.register(), await fixture.register()];
  const roles = createRoles({ db, securityLog });
  await roles.grant('command', owner.user.id, 'owner');
  await roles.grant('command', admin.user.id, 'admin');
});
afterAll(async () => {
  await db.close();
  await fixture.close();
});
beforeEach(() => void log.lines.splice(0));

const ask = (method: string, path: string, by?: Session, body?: object) =>
  fixture.httpOf()(method, path, { token: by?.access_token, body });
const pathOf = ({ user }: Session, rest: string) => `/api/admin/users/${user.id}/${rest}`;
const login = (body: object) => ask('POST', '/api/auth/login', undefined, body);
const reasonOf = (body: unknown) => errorBodySchema.parse(body).error.details;
const events = () => log.lines.map(({ fields }) => fields);

test('a suspended user is signed out on every node, and cannot sign in until the suspension ends', async () => {
  const ana = await fixture.register();
  const { username } = ana.user;
  const socket = await fixture.connect(ana.access_token, { node: second });
  expect((await ask('PUT', pathOf(ana, 'suspension'), admin)).status).toBe(204);
  await until('the socket is closed', () => !socket.socket.connected);
  expect((await ask('GET', '/api/users/me', ana)).status).toBe(401);
  const { refresh_token } = ana;
  expect((await ask('POST', '/api/auth/refresh', undefined, { refresh_token })).status).toBe(401);

  const refused = await login({ username, password: 'correct horse' });
  expect([refused.status, reasonOf(refused.body)]).toEqual([403, { reason: 'suspended' }]);
  // Without the password a login reveals neither the user nor the suspension.
  const guess = await login({ username, password: 'a guess' });
  const nobody = await login({ username: 'nobody-here', password: 'a guess' });
  expect([guess.status, guess.body]).toEqual([nobody.status, nobody.body]);

  expect((await ask('PUT', pathOf(ana, 'suspension'), admin)).status).toBe(204);
  expect((await ask('DELETE', pathOf(ana, 'suspension'), admin)).status).toBe(204);
  expect((await login({ username, password: 'correct horse' })).status).toBe(200);
  const [userId, actorId] = [ana.user.id, admin.user.id];
  const acts = events().filter((line) => 'actorId' in line);
  expect(acts).toEqual([
    { securityEvent: 'suspended', userId, actorId },
    { securityEvent: 'unsuspended', userId, actorId },
  ]);
});

test('a suspension from the command line closes sockets within five seconds without a notification', async () => {
  const ana = await fixture.register();
  const socket = await fixture.connect(ana.access_token, { node: second });
  await fromCommandLine().suspend('command', ana.user.id);
  await until('the socket is closed', () => !socket.socket.connected);
  expect((await ask('GET', '/api/users/me', ana)).status).toBe(401);
});

test('[D1] messages to a suspended user wait without wake-ups, and arrive afterwards', async () => {
  const [ana, ben] = [await fixture.register(), await fixture.register()];
  const conversation = await fixture.direct(ben.access_token, ana.user.id);
  await ask('PUT', pathOf(ana, 'suspension'), admin);
  const content = { conversation_id: conversation, content_encrypted: 'while away' };
  expect((await ask('POST', '/api/messages', ben, content)).status).toBe(201);
  await until('it waits', async () => {
    const rows = await db.query('', 'SELECT FROM deliveries WHERE user_id = $1', [ana.user.id]);
    return rows.length === 1;
  });
  expect(await scheduledWakeups(db, [ana.user.id])).toEqual([]);
  expect(await allScheduledWakeups(db, null, 100)).toEqual([]);
  await ask('DELETE', pathOf(ana, 'suspension'), admin);
  const back = await fixture.login(ana);
  const device = await fixture.connect(back.access_token);
  await until('it arrives', () => device.all('chat:message_received').length === 1);
});

test('[D4] ended sessions: sockets close, tokens are refused, devices are forgotten', async () => {
  const ana = await fixture.register();
  const socket = await fixture.connect(ana.access_token, { node: second });
  expect((await ask('DELETE', pathOf(ana, 'sessions'), admin)).status).toBe(204);
  await until('the socket is closed', () => !socket.socket.connected);
  expect((await ask('GET', '/api/users/me', ana)).status).toBe(401);
  expect(await db.query('', 'SELECT FROM devices WHERE user_id = $1', [ana.user.id])).toEqual([]);
  expect(events()).toContainEqual({
    ...{ securityEvent: 'sessions_ended', userId: ana.user.id, count: 1, actorId: admin.user.id },
  });
});

test('a temporary password ends all sessions and only allows setting a new one, once', async () => {
  const ana = await fixture.register();
  const { username } = ana.user;
  const reply = await ask('POST', pathOf(ana, 'temporary-password'), admin);
  const { temporary_password: password } = z
    .object({ temporary_password: z.string(), expires_at: z.string() })
    .parse(reply.body);
  expect(JSON.stringify(log.lines)).not.toContain(password);
  expect((await ask('GET', '/api/users/me', ana)).status).toBe(401);
  expect((await login({ username, password: 'correct horse' })).status).toBe(401);

  const asked = await login({ username, password });
  expect([asked.status, reasonOf(asked.body)]).toEqual([403, { reason: 'new_password_required' }]);
  const weak = await login({ username, password, new_password: 'password1' });
  expect(weak.status).toBe(400);
  const new_password = 'a quiet afternoon';
  const both = await Promise.all([
    login({ username, password, new_password }),
    login({ username, password, new_password: 'another afternoon' }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
  expect((await login({ username, password, new_password })).status).toBe(401);
  const chosen = both[0]?.status === 200 ? new_password : 'another afternoon';
  expect((await login({ username, password: chosen })).status).toBe(200);
});

test('an expired temporary password is a wrong one', async () => {
  const ana = await fixture.register();
  const reply = await ask('POST', pathOf(ana, 'temporary-password'), admin);
  const { temporary_password: password } = z
    .object({ temporary_password: z.string() })
    .parse(reply.body);
  await db.query(
    '',
    `UPDATE users SET password_temporary_until = now() - interval '1 minute' WHERE id = $1`,
    [ana.user.id],
  );
  const { username } = ana.user;
  expect((await login({ username, password, new_password: 'a quiet afternoon' })).status).toBe(401);
});

test('admins act on users without a role, owners also on admins, and neither on themselves', async () => {
  for (const [method, path] of [
    ['PUT', 'suspension'],
    ['DELETE', 'sessions'],
    ['POST', 'temporary-password'],
  ] as const) {
    expect((await ask(method, pathOf(owner, path), admin)).status).toBe(403);
    expect((await ask(method, pathOf(admin, path), admin)).status).toBe(403);
    expect((await ask(method, pathOf(owner, path), owner)).status).toBe(403);
  }
  expect((await ask('GET', '/api/users/me', owner)).status).toBe(200);
  const other = await fixture.register();
  await createRoles({ db, securityLog }).grant('command', other.user.id, 'admin');
  expect((await ask('PUT', pathOf(other, 'suspension'), owner)).status).toBe(204);
});

test('administrators find users page by page, without their e-mail addresses', async () => {
  const ana = await fixture.register();
  await ask('PUT', pathOf(ana, 'suspension'), admin);
  const found = await ask('GET', `/api/admin/users?query=${ana.user.username}`, admin);
  expect(JSON.stringify(found.body)).not.toContain('@');
  const schema = z.object({
    users: z.array(administeredUserSchema),
    next_cursor: z.string().nullable(),
  });
  const { users } = schema.parse(found.body);
  expect(users.find(({ id }) => id === ana.user.id)).toMatchObject({
    ...{ role: null, session_count: 0, suspended_at: expect.any(String) as unknown },
  });
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const more: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page = schema.parse((await ask('GET', `/api/admin/users?limit=2${more}`, admin)).body);
    seen.push(...page.users.map(({ id }) => id));
    cursor = page.next_cursor;
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(expect.arrayContaining([owner.user.id, admin.user.id, ana.user.id]));
});

test('an account created at the command line may have a reserved name, and starts with a temporary password', async () => {
  const username = `made_${Date.now()}`;
  await fromCommandLine().create({ username, email: `${username}@example.org` });
  await expect(
    fromCommandLine().create({ username, email: 'other@example.org' }),
  ).rejects.toMatchObject({ name: 'ConflictError' });
  const [row] = await db.query(
    '',
    'SELECT password_temporary_until > now() FROM users WHERE username = $1',
    [username],
  );
  expect(row).toEqual([true]);
});

test('a login that started before the suspension creates no session after it', async () => {
  const ana = await fixture.register();
  const { username } = ana.user;
  const results = await Promise.all([
    login({ username, password: 'correct horse' }),
    ask('PUT', pathOf(ana, 'suspension'), admin),
  ]);
  const session = sessionSchema.safeParse(results[0].body);
  if (session.success) {
    await until(
      'it has ended',
      async () => (await ask('GET', '/api/users/me', session.data)).status === 401,
    );
  }
  expect((await login({ username, password: 'correct horse' })).status).toBe(403);
});
