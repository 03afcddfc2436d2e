import { type Session, sessionSchema } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture } from '@chasqui/testkit';
import jwt from 'jsonwebtoken';
import { startNode, type Node } from '../startNode';

// What an operator finds in the log: who did what to whose account, by ids.

const log = quietLog();
let fixture: ServerFixture<Node>;
beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  await fixture.open({ RATE_LIMIT: 'off' });
});
afterAll(() => fixture.close());
beforeEach(() => void log.lines.splice(0));

const someText: unknown = expect.any(String);
/** The security events since the test began. */
const events = () =>
  log.lines.map(({ fields }) => fields).filter((line) => 'securityEvent' in line);
const post = (path: string, body: object, token?: string) =>
  fixture.httpOf()('POST', path, { body, token });
const sessionOf = async (path: string, body: object): Promise<Session> =>
  sessionSchema.parse((await post(path, body)).body);

test('registration, logins, wrong passwords and ended sessions are logged', async () => {
  const ana = await fixture.register();
  const userId = ana.user.id;
  const { username } = ana.user;
  const login = await fixture.login(ana);
  await post('/api/auth/login', { username, password: 'a guess' });
  await post('/api/auth/login', { username: 'nobody-here', password: 'a guess' });
  await post('/api/auth/logout', {}, login.access_token);
  expect(events()).toEqual([
    { securityEvent: 'registered', userId },
    { securityEvent: 'login_succeeded', userId, sessionId: someText },
    { securityEvent: 'login_failed', userId, addressDigest: someText },
    { securityEvent: 'login_failed', userId: null, addressDigest: someText },
    { securityEvent: 'session_ended', userId, sessionId: someText, actorId: userId },
  ]);
});

test('reuse of a refresh token is logged, with the session that it ended', async () => {
  const ana = await fixture.register();
  const refresh_token = ana.refresh_token;
  const next = await sessionOf('/api/auth/refresh', { refresh_token });
  await sessionOf('/api/auth/refresh', { refresh_token: next.refresh_token });
  expect((await post('/api/auth/refresh', { refresh_token })).status).toBe(401);
  expect(events()).toContainEqual({
    ...{ securityEvent: 'refresh_reused', userId: ana.user.id, sessionId: someText },
  });
});

test('a changed password, ended sessions and a deleted account are logged', async () => {
  const ana = await fixture.register();
  const userId = ana.user.id;
  const token = ana.access_token;
  const change = { current_password: 'correct horse', new_password: 'battery staple' };
  await post('/api/auth/password', { ...change, current_password: 'a guess' }, token);
  await post('/api/auth/password', change, token);
  await fixture.httpOf()('DELETE', '/api/sessions', { token });
  await fixture.httpOf()('DELETE', '/api/users/me', {
    token,
    body: { password: 'battery staple' },
  });
  expect(events()).toEqual([
    { securityEvent: 'registered', userId },
    { securityEvent: 'password_check_failed', userId, addressDigest: someText },
    { securityEvent: 'password_changed', userId, actorId: userId },
    { securityEvent: 'sessions_ended', userId, actorId: userId },
    { securityEvent: 'account_deleted', userId, actorId: userId },
  ]);
});

test('invalid tokens and refused requests of users are counted in the log', async () => {
  const [ana, ben] = [await fixture.register(), await fixture.register()];
  const node = await fixture.open({ RATE_LIMIT: 'off' });
  const ask = fixture.httpOf(node);
  const token = ben.access_token;
  const group = await ask('POST', '/api/conversations/group', {
    ...{ token: ana.access_token, body: { title: 'Us', participant_ids: [ben.user.id] } },
  });
  const path = `/api/conversations/${String(Reflect.get(Object(group.body), 'id'))}`;
  const socket = await fixture.connect(token, { node });
  log.lines.splice(0);

  for (let i = 0; i < 3; i += 1) await ask('GET', '/api/users/me', { token: 'no.real.token' });
  await ask('POST', '/api/auth/refresh', { body: { refresh_token: 'none' } });
  await expect(fixture.connect('no.real.token', { node })).rejects.toThrow();
  expect((await ask('PATCH', path, { token, body: { title: 'Mine' } })).status).toBe(403);
  const other = '/api/conversations/0198a000-0000-7000-8000-00000000000a';
  expect((await ask('GET', other, { token })).status).toBe(404);
  expect((await ask('GET', '/api/users?limit=no', { token })).status).toBe(400);
  expect(await socket.ask('auth:refresh', { token: ana.access_token })).toMatchObject({
    success: false,
  });
  await socket.ask('chat:dance', {});
  await node.stop();

  const userId = ben.user.id;
  const refused = (action: string, error: string, count = 1) => ({
    ...{ securityEvent: 'request_refused', userId, action, error, count },
  });
  const shown = (door: string, count = 1) => ({
    ...{ securityEvent: 'token_refused', door, addressDigest: someText, count },
  });
  const found = events();
  for (const line of [
    ...[shown('rest', 3), shown('refresh'), shown('socket')],
    refused('PATCH /api/conversations/:id', 'ForbiddenError'),
    refused('GET /api/conversations/:id', 'NotFoundError'),
    refused('GET /api/users', 'ValidationError'),
    refused('auth:refresh', 'UnauthorizedError'),
    refused('unknown command', 'ValidationError'),
  ]) {
    expect(found).toContainEqual(line);
  }
  expect(JSON.stringify(log.lines)).not.toContain('no.real.token');
});

test('a session that starts with a token of an external issuer is logged once', async () => {
  const secret = 'a secret that the app and the chat share';
  const node = await fixture.open({
    ...{ EXTERNAL_ISSUER: 'https://app.example', EXTERNAL_AUDIENCE: 'chat' },
    EXTERNAL_SECRET: secret,
  });
  const claims = { iss: 'https://app.example', aud: 'chat', sub: 'ana', sid: 'hers' };
  for (const expiresIn of [60, 90]) {
    const token = jwt.sign(claims, secret, { expiresIn });
    expect((await fixture.httpOf(node)('GET', '/api/users/me', { token })).status).toBe(200);
  }
  expect(events()).toEqual([
    ...[{ securityEvent: 'login_succeeded', userId: someText, sessionId: someText, by: 'issuer' }],
  ]);
});

test('no line contains a name, an address, a password or a token', async () => {
  const ana = await fixture.register();
  await post('/api/auth/login', { email: `${ana.user.username}@example.org`, password: 'a guess' });
  const text = JSON.stringify(log.lines);
  for (const secret of [ana.user.username, 'example.org', 'a guess', '127.0.0.1']) {
    expect(text).not.toContain(secret);
  }
  for (const token of [ana.access_token, ana.refresh_token]) expect(text).not.toContain(token);
});
