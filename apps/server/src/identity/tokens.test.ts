import { UnauthorizedError } from '@pern/protocol/errors';
import jwt from 'jsonwebtoken';
import { createAccessTokens } from './accessTokens';
import { createPasswords } from './passwords';
import { createRefreshTokens } from './refreshTokens';

const secret = 'a secret of at least thirty-two characters';
const userId = '0189d8a4-1111-7000-8000-000000000001';
const sessionId = '0189d8a4-2222-7000-8000-000000000002';
const tokens = createAccessTokens({ secret, ttlS: 900 });

const claims = {
  typ: 'access',
  sid: sessionId,
  sub: userId,
  jti: 'x',
  iss: 'chasqui',
  aud: 'chasqui-api',
  exp: Math.floor(Date.now() / 1000) + 60,
};

test('an access token says who it is for and until when', () => {
  const before = Date.now();
  const { expiresAt, ...who } = tokens.verify(tokens.sign(userId, sessionId));
  expect(who).toEqual({ userId, sessionId });
  expect(expiresAt).toBeGreaterThan(before + 898_000);
  expect(() => tokens.verify(jwt.sign(claims, secret))).not.toThrow();
});

const { exp: _, ...endless } = claims;
test.each<[string, string]>([
  ['algorithm none', jwt.sign(claims, '', { algorithm: 'none' })],
  ['another algorithm', jwt.sign(claims, secret, { algorithm: 'HS512' })],
  ['a foreign key', jwt.sign(claims, `${secret}!`)],
  [
    'a foreign key that its header names',
    jwt.sign(claims, 'k', { keyid: 'k', header: { alg: 'HS256', jku: 'https://evil.example' } }),
  ],
  [
    'a foreign key that it brings along',
    jwt.sign(claims, 'k', { header: { alg: 'HS256', ...{ jwk: { kty: 'oct', k: 'aw' } } } }),
  ],
  ['no expiry', jwt.sign(endless, secret)],
  ['an expiry in the past', jwt.sign({ ...claims, exp: 1 }, secret)],
  ['another type', jwt.sign({ ...claims, typ: 'refresh' }, secret)],
  ['another audience', jwt.sign({ ...claims, aud: 'other' }, secret)],
  ['another issuer', jwt.sign({ ...claims, iss: 'other' }, secret)],
  ['no session', jwt.sign({ ...claims, sid: undefined }, secret)],
  ['nonsense', 'a.b.c'],
  ['a refresh token', createRefreshTokens({ secret }).first()],
])('a token with %s is refused', (_why, token) => {
  expect(() => tokens.verify(token)).toThrow(UnauthorizedError);
});

test('the chain of refresh tokens follows from the secret alone', () => {
  const chain = createRefreshTokens({ secret });
  const first = chain.first();
  expect(Buffer.from(first, 'base64url')).toHaveLength(32);
  expect(chain.successor(first)).toBe(createRefreshTokens({ secret }).successor(first));
  expect(chain.successor(first)).not.toBe(
    createRefreshTokens({ secret: 'another' }).successor(first),
  );
  expect(chain.hash(first)).not.toEqual(chain.hash(chain.successor(first)));
});

const who = { address: '192.0.2.1', userId: null };

test('a password belongs to its hash; nobody has no password', async () => {
  const passwords = createPasswords(() => performance.now());
  const stored = await passwords.hash('correct horse', who);
  expect(stored).toMatch(/^\$argon2id\$/);
  expect(await passwords.verify('correct horse', stored, who)).toBe(true);
  expect(await passwords.verify('wrong horse', stored, who)).toBe(false);
  expect(await passwords.verify('a password that nobody has', null, who)).toBe(false);
});

test('more logins at once than can be answered in time are told to come back', async () => {
  const passwords = createPasswords(() => performance.now());
  const stored = await passwords.hash('correct horse', who);
  const verify = () => passwords.verify('correct horse', stored, who);
  const outcomes = await Promise.allSettled(Array.from({ length: 400 }, verify));
  expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
  expect(await verify()).toBe(true);
});
