import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectDatabase, type Database } from '@pern/db/connect';
import { sessionSchema } from '@pern/protocol/rest/auth';
import { freshDatabase, type FreshDatabase } from '@pern/testing/freshDatabase';
import { createHttpClient } from '@pern/testing/httpClient';
import { quietLog } from '@pern/testing/quietLog';
import { openSocket } from '@pern/testing/socketClient';
import { until } from '@pern/testing/until';
import jwt from 'jsonwebtoken';
import { parseSettings } from '../settings';
import { startNode, type Node } from '../startNode';
import { jwksSource } from './externalKeys';

// Tokens of somebody else's accounts: by a shared secret on two nodes, and by keys that are read from an address.

const issuer = 'https://app.example';
const audience = 'chat';
const secret = 'a secret that the app and the chat share';
const ours = 'a secret of at least thirty-two characters';

let database: FreshDatabase;
let db: Database;
const nodes: Node[] = [];

async function open(env: Record<string, string>): Promise<Node> {
  const node = await startNode({
    settings: parseSettings({
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

const me = async (token: string, node = 0) => http(node)('GET', '/api/users/me', { token });
const usersNow = async () => Number((await db.query('', 'SELECT count(*) FROM users', []))[0]?.[0]);

test('the first token makes a user; every other token of the same subject is that user, on every node', async () => {
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

test('a session lasts as long as the longest of its tokens, whichever came first', async () => {
  const [sub, sid] = [randomUUID(), randomUUID()];
  const now = Math.floor(Date.now() / 1000);
  const ends = async () =>
    (
      await db.query('', 'SELECT max(extract(epoch FROM expires_at))::int FROM sessions', [])
    )[0]?.[0];
  for (const [exp, lasts] of [
    [now + 900, now + 900],
    [now + 1_800, now + 1_800],
    [now + 60, now + 1_800],
  ] as const) {
    expect((await me(sign({ sub, sid, exp }))).status).toBe(200);
    expect(await ends()).toBe(lasts);
  }
});

test('a name that is taken, odd or missing gets another one; nobody becomes somebody who registered', async () => {
  const body = { username: 'ben', email: 'ben@example.org', password: 'correct horse' };
  const reply = await http(0)('POST', '/api/auth/register', { body });
  const { user } = sessionSchema.parse(reply.body);
  for (const wish of ['Ben', 'no name!', undefined]) {
    const token = sign({ preferred_username: wish, email: body.email, email_verified: true });
    const { status, body: found } = await me(token);
    expect([wish, status]).toEqual([wish, 200]);
    expect(found).not.toMatchObject({ id: user.id });
  }
  // And nobody logs in by a password as somebody who has none.
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
  ['an expiry in the past', () => sign({ exp: soon - 10 })],
  ['an expiry that is too far away', () => sign({ exp: soon + 90_000 })],
  ['a beginning that is to come', () => sign({ nbf: soon + 600 })],
])('a token with %s is refused, and makes nobody', async (_what, token) => {
  const before = await usersNow();
  expect((await me(token())).status).toBe(401);
  expect(await usersNow()).toBe(before);
});

test('everything else is as for everybody: sockets, a fresh token, logout on every node', async () => {
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
  // What was ended stays so, for every token of it, also for one that is issued later.
  for (const token of [one, fresh, sign({ sub, sid: 'their session' })]) {
    expect((await me(token)).status).toBe(401);
  }
  expect((await me(elsewhere)).status).toBe(200);
});

test('keys from an address: chosen by name, changed while we run, and kept while the address is gone', async () => {
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
    // Made-up names do not make us ask each time.
    for (let i = 0; i < 5; i += 1) await expect(find(`made up ${i}`)).rejects.toThrow();
    expect(asked).toBe(1);
    keys = [{ ...two.publicKey.export({ format: 'jwk' }), kid: 'two' }];
    now += 30_000;
    expect((await find('two')).algorithm).toBe('ES256');
    await expect(find('one')).rejects.toMatchObject({ name: 'UnauthorizedError' });
    // A secret that is published is none.
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

test('a public key takes what its private key signed, and not what was signed with the public one', async () => {
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const node = await open({ EXTERNAL_PUBLIC_KEY: pem });
  const ask = (token: string) => createHttpClient(urlOf(node))('GET', '/api/users/me', { token });
  expect((await ask(jwt.sign(claims(), privateKey, { algorithm: 'RS256' }))).status).toBe(200);
  const header = Buffer.from('{"alg":"HS256"}').toString('base64url');
  const payload = Buffer.from(JSON.stringify(claims())).toString('base64url');
  const forged = createHmac('sha256', pem).update(`${header}.${payload}`).digest('base64url');
  expect((await ask(`${header}.${payload}.${forged}`)).status).toBe(401);
});
