import { createHmac, generateKeyPairSync } from 'node:crypto';
import { openSocket } from '@chasqui/testkit';
import jwt from 'jsonwebtoken';
import {
  claims,
  issuer,
  type ExternalFixture,
  openExternalFixture,
  ownSecret,
  secret,
  sign,
} from '../../../../../testing/externalFixture';

// Which tokens of an external issuer are accepted.

let external: ExternalFixture;
beforeAll(async () => {
  external = await openExternalFixture(1);
});
afterAll(() => external.close());

const withHeader = (header: object) =>
  jwt.sign(claims(), secret, { header: { alg: 'HS256', ...header } });

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const soon = Math.floor(Date.now() / 1000);
const { sub: _sub, ...withoutSubject } = claims();
const { exp: _exp, ...withoutExpiry } = claims();

test.each<[string, () => string]>([
  ['another key', () => jwt.sign(claims(), `${secret}!`)],
  ['our own key', () => jwt.sign(claims(), ownSecret)],
  ['no signature', () => jwt.sign(claims(), '', { algorithm: 'none' })],
  ['another algorithm', () => jwt.sign(claims(), secret, { algorithm: 'HS512' })],
  ['another kind of key', () => jwt.sign(claims(), privateKey, { algorithm: 'RS256' })],
  ['another issuer', () => sign({ iss: 'https://evil.example' })],
  ['our own issuer', () => sign({ iss: 'chasqui' })],
  ['several issuers', () => sign({ iss: [issuer] })],
  ['another audience', () => sign({ aud: 'shop' })],
  ['no subject', () => jwt.sign(withoutSubject, secret)],
  ['an empty subject', () => sign({ sub: '' })],
  ['no expiry', () => jwt.sign(withoutExpiry, secret)],
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
  const before = await external.countUsers();
  expect((await external.me(token())).status).toBe(401);
  expect(await external.countUsers()).toBe(before);
});

test.each<[string, object]>([
  ['an expiry', { exp: soon - 30 }],
  ['a beginning', { nbf: soon + 30 }],
  ['an issue', { iat: soon + 30 }],
])('%s that is 30 s off is accepted, over REST and for a connection', async (_what, more) => {
  const token = jwt.sign(claims(more), secret);
  expect((await external.me(token)).status).toBe(200);
  const client = await openSocket(external.url(0), { auth: { token } });
  expect(await client.ask('chat:sync', {})).toMatchObject({ success: true });
  client.close();
});

test('access token types are accepted', async () => {
  for (const typ of ['at+jwt', 'application/at+JWT', 'JWT']) {
    expect((await external.me(withHeader({ typ }))).status).toBe(200);
  }
});

test('a public key accepts tokens of its private key, and none signed with the public key as secret', async () => {
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const node = await external.open({ EXTERNAL_PUBLIC_KEY: pem });
  const ask = (token: string) => external.me(token, node);
  expect((await ask(jwt.sign(claims(), privateKey, { algorithm: 'RS256' }))).status).toBe(200);
  const header = Buffer.from('{"alg":"HS256"}').toString('base64url');
  const payload = Buffer.from(JSON.stringify(claims())).toString('base64url');
  const forged = createHmac('sha256', pem).update(`${header}.${payload}`).digest('base64url');
  expect((await ask(`${header}.${payload}.${forged}`)).status).toBe(401);
});
