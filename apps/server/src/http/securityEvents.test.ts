import { type Session, sessionSchema } from '@pern/protocol/rest/auth';
import { quietLog } from '@pern/testing/quietLog';
import { openServerRoom, type ServerRoom } from '@pern/testing/serverRoom';
import { parseSettings } from '../settings';
import { startNode, type Node } from '../startNode';

// What an operator finds in the log afterwards: who did what to whose account, by ids.

const log = quietLog();
let room: ServerRoom<Node>;
beforeAll(async () => {
  room = await openServerRoom((env, redisPrefix) =>
    startNode({ settings: parseSettings(env), log, redisPrefix }),
  );
  await room.open({ RATE_LIMIT: 'off' });
});
afterAll(() => room.close());
beforeEach(() => void log.lines.splice(0));

const someText: unknown = expect.any(String);
/** The security events since the test began. */
const events = () =>
  log.lines.map(({ fields }) => fields).filter((line) => 'securityEvent' in line);
const post = (path: string, body: object, token?: string) =>
  room.httpOf()('POST', path, { body, token });
const sessionOf = async (path: string, body: object): Promise<Session> =>
  sessionSchema.parse((await post(path, body)).body);

test('registration, logins, wrong passwords and the end of sessions are in the log', async () => {
  const ana = await room.register();
  const userId = ana.user.id;
  const { username } = ana.user;
  const login = await room.login(ana);
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

test('a refresh token that is used twice is in the log, with the session that it ended', async () => {
  const ana = await room.register();
  const refresh_token = ana.refresh_token;
  const next = await sessionOf('/api/auth/refresh', { refresh_token });
  await sessionOf('/api/auth/refresh', { refresh_token: next.refresh_token });
  expect((await post('/api/auth/refresh', { refresh_token })).status).toBe(401);
  expect(events()).toContainEqual({
    ...{ securityEvent: 'refresh_reused', userId: ana.user.id, sessionId: someText },
  });
});

test('a changed password, ended sessions and a deleted account are in the log', async () => {
  const ana = await room.register();
  const userId = ana.user.id;
  const token = ana.access_token;
  const change = { current_password: 'correct horse', new_password: 'battery staple' };
  await post('/api/auth/password', { ...change, current_password: 'a guess' }, token);
  await post('/api/auth/password', change, token);
  await room.httpOf()('DELETE', '/api/sessions', { token });
  await room.httpOf()('DELETE', '/api/users/me', { token, body: { password: 'battery staple' } });
  expect(events()).toEqual([
    { securityEvent: 'registered', userId },
    { securityEvent: 'password_check_failed', userId, addressDigest: someText },
    { securityEvent: 'password_changed', userId, actorId: userId },
    { securityEvent: 'sessions_ended', userId, actorId: userId },
    { securityEvent: 'account_deleted', userId, actorId: userId },
  ]);
});

test('no line holds a name, an address, a password or a token', async () => {
  const ana = await room.register();
  await post('/api/auth/login', { email: `${ana.user.username}@example.org`, password: 'a guess' });
  const text = JSON.stringify(log.lines);
  for (const secret of [ana.user.username, 'example.org', 'a guess', '127.0.0.1']) {
    expect(text).not.toContain(secret);
  }
  for (const token of [ana.access_token, ana.refresh_token]) expect(text).not.toContain(token);
});
