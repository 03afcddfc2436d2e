import { connectDatabase, type Database } from '@chasqui/db';
import { createPasswords } from '@chasqui/identity';
import { sessionSchema } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import {
  type HttpClient,
  openServerFixture,
  quietLog,
  type Reply,
  type ServerFixture,
} from '@chasqui/testkit';
import { startNode, type Node } from '../../../../startNode';

let fixture: ServerFixture<Node>;
let db: Database;
let http: HttpClient;
const log = quietLog();

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  await fixture.open({ RATE_LIMIT: 'off' });
  db = connectDatabase({ url: fixture.database.url });
  http = fixture.httpOf();
});

afterAll(async () => {
  await db.close();
  await fixture.close();
});

const anyText: unknown = expect.any(String);

let people = 0;
function newPerson() {
  const username = `Person.${++people}`;
  return { username, email: `${username}@example.org`, password: 'correct horse' };
}

const session = ({ body }: Reply) => sessionSchema.parse(body);
const register = async (who = newPerson()) => ({
  ...who,
  ...session(await http('POST', '/api/auth/register', { body: who })),
});
const refresh = (token: string) =>
  http('POST', '/api/auth/refresh', { body: { refresh_token: token } });
const me = (token: string) => http('GET', '/api/users/me', { token });

test('registration logs in, and returns neither address nor password', async () => {
  const who = newPerson();
  const reply = await http('POST', '/api/auth/register', {
    body: { ...who, display_name: ' Ana ', id: 'mine', created_at: '1999-01-01' },
  });
  expect(reply.status).toBe(201);
  const { user, access_token, expires_in, token_type } = session(reply);
  expect(user).toMatchObject({ username: who.username, display_name: 'Ana' });
  expect(Object.keys(user).sort()).toEqual([
    'created_at',
    'display_name',
    'id',
    'presence',
    'username',
  ]);
  expect({ expires_in, token_type }).toEqual({ expires_in: 900, token_type: 'Bearer' });
  expect((await me(access_token)).body).toEqual(user);
});

test('a taken name or address is a conflict in any letter case', async () => {
  const who = await register();
  const sameName = { ...newPerson(), username: who.username.toLowerCase() };
  const sameAddress = { ...newPerson(), email: who.email.toUpperCase() };
  const replies = await Promise.all(
    [sameName, sameAddress].map((body) => http('POST', '/api/auth/register', { body })),
  );
  expect(replies.map(({ status }) => status)).toEqual([409, 409]);
  expect(replies[0]?.body).toEqual(replies[1]?.body);
});

test('an international address is the same however it is written', async () => {
  const [first, second] = ['Jos\u00e9@M\u00fcnchen.example', 'jose\u0301@xn--mnchen-3ya.example'];
  const who = { ...newPerson(), email: first };
  expect((await http('POST', '/api/auth/register', { body: who })).status).toBe(201);
  const taken = { ...newPerson(), email: second };
  expect((await http('POST', '/api/auth/register', { body: taken })).status).toBe(409);
  for (const name of [{ email: second }, { username: first.toUpperCase() }]) {
    const body = { ...name, password: who.password };
    expect((await http('POST', '/api/auth/login', { body })).status).toBe(200);
  }
});

test('login works by name or address, in any case', async () => {
  const { username, email, password } = await register();
  for (const name of [{ username: username.toUpperCase() }, { email }, { username: email }]) {
    const reply = await http('POST', '/api/auth/login', { body: { ...name, password } });
    expect(reply.status).toBe(200);
    expect(session(reply).user.username).toBe(username);
  }
});

test('a common password is refused at registration and change; existing ones still log in', async () => {
  const refused = { error: { name: 'ValidationError', details: [{ path: 'password' }] } };
  for (const password of ['password123', 'PASSWORD123', 'chasqui2024']) {
    const reply = await http('POST', '/api/auth/register', { body: { ...newPerson(), password } });
    expect(reply).toMatchObject({ status: 400, body: refused });
  }
  const { access_token: token, username, password } = await register();
  const body = { current_password: password, new_password: 'password123' };
  expect(await http('POST', '/api/auth/password', { token, body })).toMatchObject({
    ...{ status: 400, body: { error: { details: [{ path: 'new_password' }] } } },
  });
  const stored = await createPasswords(() => 0).hash('password123', {
    address: 'here',
    userId: null,
  });
  const update = 'UPDATE users SET password_hash = $1 WHERE username = $2';
  await db.query('', update, [stored, username]);
  const login = { username, password: 'password123' };
  expect((await http('POST', '/api/auth/login', { body: login })).status).toBe(200);
});

test('a wrong password and an unknown user get the same answer after the same work', async () => {
  const { username } = await register();
  const took = { known: [] as number[], unknown: [] as number[] };
  const tryAs = async (kind: 'known' | 'unknown') => {
    const body = { username: kind === 'known' ? username : 'nobody.at.all', password: 'wrong' };
    const began = performance.now();
    const reply = await http('POST', '/api/auth/login', { body });
    took[kind].push(performance.now() - began);
    return { status: reply.status, body: reply.body };
  };
  for (let i = 0; i < 4; i += 1) {
    const known = await tryAs('known');
    expect(known.status).toBe(401);
    expect(await tryAs('unknown')).toEqual(known);
  }
  // The quickest of several: load delays either, but nothing makes the work less.
  expect(Math.min(...took.unknown)).toBeGreaterThan(Math.min(...took.known) / 4);
});

test('a refresh token is exchanged for a new pair of the same session', async () => {
  const { refresh_token, access_token, user } = await register();
  const reply = await refresh(refresh_token);
  expect(reply.status).toBe(200);
  const next = session(reply);
  expect(next.user).toEqual(user);
  expect(next.refresh_token).not.toBe(refresh_token);
  expect(next.access_token).not.toBe(access_token);
  expect((await me(next.access_token)).status).toBe(200);
});

test('two tabs that refresh at once both stay logged in', async () => {
  const { refresh_token } = await register();
  const [one, two] = (await Promise.all([refresh(refresh_token), refresh(refresh_token)])).map(
    session,
  );
  for (const tab of [one, two, one, two]) {
    expect((await me(tab?.access_token ?? '')).status).toBe(200);
  }
  expect((await refresh(one?.refresh_token ?? '')).status).toBe(200);
  expect((await refresh(two?.refresh_token ?? '')).status).toBe(200);
});

test('reuse of a refresh token after its successor was used ends the session', async () => {
  const { refresh_token } = await register();
  const second = session(await refresh(refresh_token));
  const third = session(await refresh(second.refresh_token));
  expect((await refresh(refresh_token)).status).toBe(401);
  expect((await refresh(third.refresh_token)).status).toBe(401);
  expect((await me(third.access_token)).status).toBe(401);
});

test('a predecessor is refused after ten seconds, and ends the session', async () => {
  const { refresh_token } = await register();
  const second = session(await refresh(refresh_token));
  await db.sequelize.query(
    "UPDATE refresh_tokens SET rotated_at = rotated_at - interval '11 seconds' WHERE rotated_at IS NOT NULL",
  );
  expect((await refresh(refresh_token)).status).toBe(401);
  expect((await refresh(second.refresh_token)).status).toBe(401);
});

test('only digests of refresh tokens are stored', async () => {
  const { refresh_token } = await register();
  const rows = await db.query('digests', 'SELECT token_hash FROM refresh_tokens', []);
  const digests = rows.map(([digest]) => digest);
  expect(digests.every((digest) => Buffer.isBuffer(digest) && digest.length === 32)).toBe(true);
  expect(digests).not.toContainEqual(Buffer.from(refresh_token, 'base64url'));
});

test('logout invalidates both tokens', async () => {
  const { access_token, refresh_token } = await register();
  expect((await me(access_token)).status).toBe(200);
  const reply = await http('POST', '/api/auth/logout', { token: access_token });
  expect(reply.status).toBe(204);
  expect((await me(access_token)).status).toBe(401);
  expect((await refresh(refresh_token)).status).toBe(401);
});

test('logout ends one session and leaves the others', async () => {
  const { username, password, access_token } = await register();
  const other = session(await http('POST', '/api/auth/login', { body: { username, password } }));
  await http('POST', '/api/auth/logout', { token: other.access_token });
  expect((await me(access_token)).status).toBe(200);
});

test.each([
  ['a refresh token as access token', async () => (await register()).refresh_token],
  ['an access token that was changed', async () => `${(await register()).access_token}x`],
  ['nothing', async () => ''],
])('%s does not authenticate', async (_what, token) => {
  const reply = await me(await token());
  expect(reply.status).toBe(401);
  expect(reply.body).toMatchObject({ error: { name: 'UnauthorizedError' } });
});

test('users are found by parts of their names, one page at a time', async () => {
  const { access_token } = await register();
  for (const username of ['quest_a', 'quest%b', 'QuestC'].map((name) => name.replace('%', '-'))) {
    await register({ ...newPerson(), username, email: `${username}@example.org` });
  }
  const find = async (query: string) =>
    (await http('GET', `/api/users?${query}`, { token: access_token })).body;
  expect(await find('query=QUEST&limit=2')).toMatchObject({
    users: [{ username: 'quest-b' }, { username: 'quest_a' }],
    next_cursor: anyText,
  });
  const { next_cursor } = (await find('query=quest&limit=2')) as { next_cursor: string };
  expect(await find(`query=quest&limit=2&cursor=${next_cursor}`)).toMatchObject({
    users: [{ username: 'QuestC' }],
    next_cursor: null,
  });
  expect(await find('query=quest_')).toMatchObject({ users: [{ username: 'quest_a' }] });
  expect(await find('query=%25')).toMatchObject({ users: [] });
  expect(await find('cursor=~~~')).toMatchObject({ error: { name: 'ValidationError' } });
});

test('no token, password or address is logged', async () => {
  const who = await register();
  await http('POST', '/api/auth/login', {
    body: { username: who.username, password: 'wrong one' },
  });
  const written = JSON.stringify(log.lines);
  for (const secret of [
    who.access_token,
    who.refresh_token,
    who.password,
    who.email,
    'wrong one',
  ]) {
    expect(written).not.toContain(secret);
  }
});
