import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectDatabase, type Database } from '@chasqui/db';
import { createIdentityStore } from '@chasqui/identity';
import { jwksSource, pruneSessions } from '@chasqui/identity/testing';
import { sessionSchema } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import {
  createHttpClient,
  freshDatabase,
  type FreshDatabase,
  openSocket,
  quietLog,
  until,
} from '@chasqui/testkit';
import jwt from 'jsonwebtoken';
import { startNode, type Node } from '../../../../startNode';

// Tokens of an external issuer: verified with a shared secret on two nodes, and with keys from a
// URL.

const issuer = 'https://app.example';
const audience = 'chat';
const secret = 'a secret that the app and the chat share';
const ours = 'a secret of at least thirty-two characters';

let database: FreshDatabase;
let db: Database;
const nodes: Node[] = [];

async function open(env: Record<string, string>): Promise<Node> {
  const node = await startNode({
    settings: parseServerSettings({
      ...{ PORT: '0', DATABASE_URL: database.url, REDIS_URL: process.env.TEST_REDIS_URL },
      ...{ JWT_SECRET: ours, RATE_LIMIT: 'off' },
      ...{ EXTERNAL_ISSUER: issuer, EXTERNAL_AUDIENCE: audience },
      ...env,
    }),
    log: quietLog(),
    redisPrefix: new URL(database.url).pathname,
  });
  nodes.push(node);
  return node;
}

const urlOf = (node: Node | undefined): string => `http://127.0.0.1:${node?.port}`;
const http = (node: number) => createHttpClient(urlOf(nodes[node]));

beforeAll(async () => {
  database = await freshDatabase();
  db = connectDatabase({ url: database.url });
  await Promise.all([open({ EXTERNAL_SECRET: secret }), open({ EXTERNAL_SECRET: secret })]);
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await db.close();
  await database.drop();
});

const claims = (more: object = {}) => ({
  ...{ iss: issuer, aud: audience, sub: randomUUID(), jti: randomUUID() },
  ...{ exp: Math.floor(Date.now() / 1000) + 600, ...more },
});
const sign = (more: object = {}) => jwt.sign(claims(more), secret);

const withHeader = (header: object) =>
  jwt.sign(claims(), secret, { header: { alg: 'HS256', ...header } });

const me = async (token: string, node = 0) => http(node)('GET', '/api/users/me', { token });
const usersNow = async () => Number((await db.query('', 'SELECT count(*) FROM users', []))[0]?.[0]);

test('the first token creates a user; every other token of the subject is that user, on every node', async () => {
  const sub = 'subject 7';
  const before = await usersNow();
  const replies = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      me(sign({ sub, preferred_username: 'Ana', name: 'Ana María' }), i % 2),
    ),
  );
  expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
  expect(new Set(replies.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(replies[0]?.body).toMatchObject({ username: 'Ana', display_name: 'Ana María' });
  expect(await usersNow()).toBe(before + 1);
});

test('a session lasts as long as the longest of its tokens, in any order', async () => {
  const [sub, sid] = [randomUUID(), randomUUID()];
  const now = Math.floor(Date.now() / 1000);
  const ends = async () =>
    (
      await db.query('', 'SELECT max(extract(epoch FROM expires_at))::int FROM sessions', [])
    )[0]?.[0];
  for (const [exp, lasts] of [
    // Plus a minute for the issuer's clock.
    [now + 900, now + 960],
    [now + 1_800, now + 1_860],
    [now + 60, now + 1_860],
  ] as const) {
    expect((await me(sign({ sub, sid, exp }))).status).toBe(200);
    expect(await ends()).toBe(lasts);
  }
});

test('a taken, invalid or missing name is replaced, and never linked to a registered user', async () => {
  const body = { username: 'ben', email: 'ben@example.org', password: 'correct horse' };
  const reply = await http(0)('POST', '/api/auth/register', { body });
  const { user } = sessionSchema.parse(reply.body);
  for (const wish of ['Ben', 'no name!', undefined]) {
    const token = sign({ preferred_username: wish, email: body.email, email_verified: true });
    const { status, body: found } = await me(token);
    expect([wish, status]).toEqual([wish, 200]);
    expect(found).not.toMatchObject({ id: user.id });
  }
  // And nobody can log in to such an account with a password.
  const name = String(Reflect.get(Object((await me(sign({ sub: 'ana' }))).body), 'username'));
  for (const password of ['', 'null', 'correct horse']) {
    const login = await http(0)('POST', '/api/auth/login', { body: { username: name, password } });
    expect(login.status).toBeGreaterThanOrEqual(400);
  }
});

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const soon = Math.floor(Date.now() / 1000);
const { sub: _sub, ...nobody } = claims();
const { exp: _exp, ...endless } = claims();

test.each<[string, () => string]>([
  ['another key', () => jwt.sign(claims(), `${secret}!`)],
  ['our own key', () => jwt.sign(claims(), ours)],
  ['no signature', () => jwt.sign(claims(), '', { algorithm: 'none' })],
  ['another algorithm', () => jwt.sign(claims(), secret, { algorithm: 'HS512' })],
  ['another kind of key', () => jwt.sign(claims(), privateKey, { algorithm: 'RS256' })],
  ['another issuer', () => sign({ iss: 'https://evil.example' })],
  ['our own issuer', () => sign({ iss: 'chasqui' })],
  ['several issuers', () => sign({ iss: [issuer] })],
  ['another audience', () => sign({ aud: 'shop' })],
  ['no subject', () => jwt.sign(nobody, secret)],
  ['an empty subject', () => sign({ sub: '' })],
  ['no expiry', () => jwt.sign(endless, secret)],
  ['an expiry in the past', () => sign({ exp: soon - 90 })],
  ['an expiry that is too far away', () => sign({ exp: soon + 90_000 })],
  ['a start in the future', () => sign({ nbf: soon + 600 })],
  ['an issue time in the future', () => jwt.sign(claims({ iat: soon + 600 }), secret)],
  ['a subject with NUL', () => sign({ sub: 'ana\0' })],
  ['a subject with half a character', () => sign({ sub: 'ana\ud800' })],
  ['the other half', () => sign({ sub: 'ana\udc00' })],
  ['a critical extension', () => withHeader({ crit: ['b64'], b64: true })],
  ['the type of a logout token', () => withHeader({ typ: 'logout+jwt' })],
  ['the type of a proof of possession', () => withHeader({ typ: 'dpop+jwt' })],
  ['a type in other letter case', () => withHeader({ typ: 'Application/SecEvent+JWT' })],
])('a token with %s is refused, and creates no user', async (_what, token) => {
  const before = await usersNow();
  expect((await me(token())).status).toBe(401);
  expect(await usersNow()).toBe(before);
});

test.each<[string, object]>([
  ['an expiry', { exp: soon - 30 }],
  ['a beginning', { nbf: soon + 30 }],
  ['an issue', { iat: soon + 30 }],
])('%s that is 30 s off is accepted, over REST and for a connection', async (_what, more) => {
  const token = jwt.sign(claims(more), secret);
  expect((await me(token)).status).toBe(200);
  const client = await openSocket(urlOf(nodes[0]), { auth: { token } });
  expect(await client.ask('chat:sync', {})).toMatchObject({ success: true });
  client.close();
});

test('access token types are accepted', async () => {
  for (const typ of ['at+jwt', 'application/at+JWT', 'JWT']) {
    expect((await me(withHeader({ typ }))).status).toBe(200);
  }
});

test('different subjects are different users, even if only their normal form is equal', async () => {
  const names = ['ñ', 'n\u0303', 'N\u0303', 'ana ', 'ana'];
  const people = await Promise.all(names.map(async (sub) => (await me(sign({ sub }))).body));
  expect(new Set(people.map((body) => String(Reflect.get(Object(body), 'id')))).size).toBe(5);
});

test.each<[string, (sub: string) => object]>([
  ['with a session of their own', (sub) => ({ sub, sid: `session ${randomUUID()}` })],
  ['without a session', (sub) => ({ sub })],
  ['without a session and without an id', (sub) => ({ sub, jti: undefined, nonce: randomUUID() })],
])('a connection continues with a later token: tokens %s', async (_kind, kindOf) => {
  const sub = randomUUID();
  const connect = () => openSocket(urlOf(nodes[0]), { auth: { token: sign(kindOf(sub)) } });
  const [refreshed, forgotten] = [await connect(), await connect()];
  const former = await db.query(
    '',
    `SELECT s.id FROM sessions s JOIN external_identities e ON e.user_id = s.user_id WHERE e.subject = $1`,
    [sub],
  );
  const later = sign(kindOf(sub));
  expect(await refreshed.ask('auth:refresh', { token: later })).toEqual({ success: true });
  // The sessions of both first tokens expire; only one connection has moved to another.
  await db.query(
    '',
    `UPDATE sessions SET expires_at = now() - interval '1 s' WHERE id = ANY ($1::uuid[])`,
    [former.flat()],
  );
  await until('a connection that got no other token is closed', () => !forgotten.socket.connected);
  expect(refreshed.socket.connected).toBe(true);
  // It depends on the later session now.
  expect((await http(1)('POST', '/api/auth/logout', { token: later })).status).toBe(204);
  await until('the other connection is closed', () => !refreshed.socket.connected);
});

test('an ended session stays ended when its row is pruned, even for tokens issued later', async () => {
  const claimsOfSession = { sub: randomUUID(), sid: randomUUID() };
  const token = sign(claimsOfSession);
  expect((await me(token)).status).toBe(200);
  expect((await http(0)('POST', '/api/auth/logout', { token })).status).toBe(204);
  await db.query(
    '',
    `UPDATE sessions SET revoked_at = now() - interval '2 d' WHERE revoked_at IS NOT NULL`,
    [],
  );
  expect(await pruneSessions(createIdentityStore(db))).toBeGreaterThan(0);
  const rows = await db.query(
    '',
    'SELECT count(*)::int FROM sessions WHERE revoked_at IS NOT NULL',
    [],
  );
  expect(rows).toEqual([[0]]);
  const before = await usersNow();
  for (const one of [token, sign(claimsOfSession)]) expect((await me(one)).status).toBe(401);
  expect((await me(sign({ ...claimsOfSession, sid: randomUUID() }))).status).toBe(200);
  expect(await usersNow()).toBe(before);
});

test('everything else works as for other users: sockets, a fresh token, logout on every node', async () => {
  const sub = randomUUID();
  const one = sign({ sub, sid: 'their session' });
  const socket = await openSocket(urlOf(nodes[1]), { auth: { token: one, deviceId: 'web' } });
  const fresh = sign({ sub, sid: 'their session' });
  expect(await socket.ask('auth:refresh', { token: fresh })).toEqual({ success: true });
  expect(await socket.ask('auth:refresh', { token: sign() })).toMatchObject({ success: false });
  const elsewhere = sign({ sub, sid: 'another session' });
  expect((await me(elsewhere)).status).toBe(200);

  expect((await http(0)('POST', '/api/auth/logout', { token: fresh })).status).toBe(204);
  await until('the socket is closed', () => !socket.socket.connected);
  // An ended session stays ended for all its tokens, even ones issued later.
  for (const token of [one, fresh, sign({ sub, sid: 'their session' })]) {
    expect((await me(token)).status).toBe(401);
  }
  expect((await me(elsewhere)).status).toBe(200);
});

test('keys from a URL are found by id, replaced at run time, and kept while the URL is down', async () => {
  const two = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  let keys: object[] = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }];
  let asked = 0;
  let status = 200;
  const server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(status).end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let now = 0;
  const find = jwksSource(`http://127.0.0.1:${port}/keys`, () => now);
  try {
    await Promise.all([find('one'), find('one'), find(undefined)]);
    expect(asked).toBe(1);
    expect((await find('one')).algorithm).toBe('RS256');
    // Made-up key ids do not cause a request each.
    for (let i = 0; i < 5; i += 1) await expect(find(`made up ${i}`)).rejects.toThrow();
    expect(asked).toBe(1);
    keys = [{ ...two.publicKey.export({ format: 'jwk' }), kid: 'two' }];
    now += 30_000;
    expect((await find('two')).algorithm).toBe('ES256');
    await expect(find('one')).rejects.toMatchObject({ name: 'UnauthorizedError' });
    // A published secret is not a secret.
    keys = [{ kty: 'oct', k: 'c2VjcmV0', kid: 'three' }];
    now += 30_000;
    await expect(find('three')).rejects.toMatchObject({ name: 'UnauthorizedError' });
    keys = [{ ...two.publicKey.export({ format: 'jwk' }), kid: 'two' }];
    now += 30_000;
    await find('two');
    status = 500;
    now += 3_600_000;
    expect((await find('two')).algorithm).toBe('ES256');
    const never = jwksSource(`http://127.0.0.1:${port}/keys`, () => now);
    await expect(never('two')).rejects.toMatchObject({ name: 'UnavailableError' });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A URL that answers with what `respond` writes, and counts its requests. */
async function serveKeys(respond: (response: ServerResponse) => void) {
  const server = createServer((_request, response) => respond(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const find = jwksSource(`http://127.0.0.1:${port}/keys`, () => 0);
  const outcome = await find('one').then(
    () => 'found',
    (error: Error) => error.name,
  );
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return outcome;
}

const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one' };
const keysOf = (...keys: object[]) => JSON.stringify({ keys });
const json = 'application/json; charset=utf-8';

test.each<[string, string, string]>([
  ['JSON', json, keysOf(publicJwk)],
  ['a key set by its own type', 'application/jwk-set+json', keysOf({ ...publicJwk, alg: 'RS256' })],
])('keys served as %s are accepted', async (_what, type, body) => {
  const respond = (response: ServerResponse) => response.setHeader('content-type', type).end(body);
  expect(await serveKeys(respond)).toBe('found');
});

test.each<[string, string, string, string]>([
  ['a page', 'text/html', keysOf(publicJwk), 'UnavailableError'],
  [
    'too many keys',
    json,
    keysOf(...Array.from({ length: 101 }, () => publicJwk)),
    'UnavailableError',
  ],
  ['no JSON', json, '{', 'UnavailableError'],
  ['no UTF-8', json, '\xff', 'UnavailableError'],
  [
    ...(['a private key', json] as const),
    keysOf({ ...privateKey.export({ format: 'jwk' }), kid: 'one' }),
    'UnauthorizedError',
  ],
  ['a key for another use', json, keysOf({ ...publicJwk, use: 'enc' }), 'UnauthorizedError'],
  ['a key to sign with', json, keysOf({ ...publicJwk, key_ops: ['sign'] }), 'UnauthorizedError'],
  ['a key of another algorithm', json, keysOf({ ...publicJwk, alg: 'PS256' }), 'UnauthorizedError'],
])('keys: %s is not accepted', async (_what, type, body, error) => {
  const respond = (response: ServerResponse) =>
    response.setHeader('content-type', type).end(body, 'latin1');
  expect(await serveKeys(respond)).toBe(error);
});

test('an endless response is aborted after a quarter of a megabyte, a redirect at once', async () => {
  let written = 0;
  const endless = (response: ServerResponse) => {
    response.setHeader('content-type', json);
    const write = (): void => {
      if (response.destroyed) return;
      written += 16_384;
      response.write('['.repeat(16_384), write);
    };
    write();
  };
  expect(await serveKeys(endless)).toBe('UnavailableError');
  // Buffers along the way add to it.
  expect(written).toBeLessThan(16_000_000);
  const elsewhere = (response: ServerResponse) =>
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  expect(await serveKeys(elsewhere)).toBe('UnavailableError');
});

test('a public key accepts tokens of its private key, and none signed with the public key as secret', async () => {
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const node = await open({ EXTERNAL_PUBLIC_KEY: pem });
  const ask = (token: string) => createHttpClient(urlOf(node))('GET', '/api/users/me', { token });
  expect((await ask(jwt.sign(claims(), privateKey, { algorithm: 'RS256' }))).status).toBe(200);
  const header = Buffer.from('{"alg":"HS256"}').toString('base64url');
  const payload = Buffer.from(JSON.stringify(claims())).toString('base64url');
  const forged = createHmac('sha256', pem).update(`${header}.${payload}`).digest('base64url');
  expect((await ask(`${header}.${payload}.${forged}`)).status).toBe(401);
});
