import { createHmac, type KeyObject } from 'node:crypto';
import { UnauthorizedError } from '@chasqui/protocol';
import jwt from 'jsonwebtoken';
import { createAccessTokens } from './accessTokens';
import { createPasswords } from '../accounts/passwords';
import { createRefreshTokens } from './refreshTokens';
import { createSecretKeys } from './secretKeys';

const secret = 'a secret of at least thirty-two characters';
const other = 'another secret of at least thirty-two characters';
const userId = '0189d8a4-1111-7000-8000-000000000001';
const sessionId = '0189d8a4-2222-7000-8000-000000000002';
const keys = createSecretKeys(secret);
const tokens = createAccessTokens({ keys, ttlS: 900 });

const claims = {
  typ: 'access',
  sid: sessionId,
  sub: userId,
  jti: 'x',
  iss: 'chasqui',
  aud: 'chasqui-api',
  exp: Math.floor(Date.now() / 1000) + 60,
};

test('an access token contains its user, session and expiry', () => {
  const before = Date.now();
  const { expiresAt, ...who } = tokens.verify(tokens.sign(userId, sessionId));
  expect(who).toEqual({ userId, sessionId });
  expect(expiresAt).toBeGreaterThan(before + 898_000);
  expect(() => tokens.verify(jwt.sign(claims, secret))).not.toThrow();
});

const { exp: _, ...endless } = claims;
const withHeader = (header: object) =>
  jwt.sign(claims, secret, { header: { alg: 'HS256', ...header } });
/** A valid signature over claims that are not UTF-8. */
function halfACharacter(): string {
  const head = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
  const json = Buffer.from(JSON.stringify({ ...claims, typ: 'acc?ss' }));
  json[json.indexOf('?')] = 0xff;
  const signed = `${head}.${json.toString('base64url')}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
test.each<[string, string]>([
  ['algorithm none', jwt.sign(claims, '', { algorithm: 'none' })],
  ['another algorithm', jwt.sign(claims, secret, { algorithm: 'HS512' })],
  ['a foreign key', jwt.sign(claims, `${secret}!`)],
  [
    'a foreign key referenced in its header',
    jwt.sign(claims, 'k', { keyid: 'k', header: { alg: 'HS256', jku: 'https://evil.example' } }),
  ],
  [
    'a foreign key embedded in its header',
    jwt.sign(claims, 'k', { header: { alg: 'HS256', ...{ jwk: { kty: 'oct', k: 'aw' } } } }),
  ],
  ['no expiry', jwt.sign(endless, secret)],
  ['an expiry in the past', jwt.sign({ ...claims, exp: 1 }, secret)],
  ['another type', jwt.sign({ ...claims, typ: 'refresh' }, secret)],
  ['another audience', jwt.sign({ ...claims, aud: 'other' }, secret)],
  ['another issuer', jwt.sign({ ...claims, iss: 'other' }, secret)],
  ['no session', jwt.sign({ ...claims, sid: undefined }, secret)],
  ['a start in the future', jwt.sign({ ...claims, nbf: claims.exp }, secret)],
  ['no user', jwt.sign({ ...claims, sub: undefined }, secret)],
  ['a user that is not an id', jwt.sign({ ...claims, sub: 'ana' }, secret)],
  ['several audiences, none of them ours', jwt.sign({ ...claims, aud: ['a', 'b'] }, secret)],
  ['a critical extension', withHeader({ crit: ['b64'], b64: true })],
  ['the type of a logout token', withHeader({ typ: 'logout+jwt' })],
  ['the type of a proof of possession', withHeader({ typ: 'dpop+jwt' })],
  ['a key id that is a path', withHeader({ kid: '../../../dev/null' })],
  ['a key id that is SQL', withHeader({ kid: "x' UNION SELECT 'k" })],
  ['encrypted parts', 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0.a.b.c.d'],
  ['half a character in its claims', halfACharacter()],
  [
    'more characters than a token may have',
    jwt.sign({ ...claims, more: 'x'.repeat(4_096) }, secret),
  ],
  ['nonsense', 'a.b.c'],
  ['a refresh token', createRefreshTokens(keys).first()],
])('a token with %s is refused', (_why, token) => {
  expect(() => tokens.verify(token)).toThrow(UnauthorizedError);
});

const signedBy = (...secrets: [string, string?]) => {
  const made = createAccessTokens({ keys: createSecretKeys(...secrets), ttlS: 900 });
  return { ...made, token: made.sign(userId, sessionId) };
};
const headerOf = (token: string) => Object(jwt.decode(token, { complete: true })?.header) as object;

test('with one secret, servers of this and the previous release accept each other’s tokens', () => {
  const { token, verify } = signedBy(secret);
  const { id } = createSecretKeys(secret).signing;
  expect(headerOf(token)).toMatchObject({ alg: 'HS256', typ: 'JWT', kid: id });
  // What a server of the previous release checks and signs.
  const check = { algorithms: ['HS256' as const], issuer: 'chasqui', audience: 'chasqui-api' };
  expect(jwt.verify(token, secret, check)).toMatchObject({ sub: userId, sid: sessionId });
  expect(verify(jwt.sign(claims, secret))).toMatchObject({ userId, sessionId });
});

test('a second secret is accepted and never signs, before a rotation and after it', () => {
  const before = signedBy(secret);
  const prepared = signedBy(secret, other);
  const rotated = signedBy(other, secret);
  const after = signedBy(other);
  const takenBy = (token: string) =>
    [before, prepared, rotated, after].map(({ verify }) => {
      try {
        return verify(token).userId === userId;
      } catch {
        return false;
      }
    });
  expect(takenBy(before.token)).toEqual([true, true, true, false]);
  expect(takenBy(prepared.token)).toEqual([true, true, true, false]);
  expect(takenBy(rotated.token)).toEqual([false, true, true, true]);
  expect(takenBy(after.token)).toEqual([false, true, true, true]);
  // Tokens of the previous release do not name their secret: any accepted one matches.
  expect(takenBy(jwt.sign(claims, secret))).toEqual([true, true, true, false]);
  expect(headerOf(rotated.token)).toMatchObject({
    ...{ typ: 'at+jwt', kid: createSecretKeys(other).signing.id },
  });
});

test('every use of a secret has its own key, and its id reveals nothing about it', () => {
  const { signing } = createSecretKeys(secret);
  const bytes = [
    ...[signing.accessTokens.export(), signing.plainAccessTokens.export()],
    ...[signing.refreshTokens, signing.loginLimits],
  ].map((key) => key.toString('hex'));
  expect(new Set(bytes).size).toBe(4);
  for (const key of bytes) {
    expect(key.startsWith(Buffer.from(signing.id, 'base64url').toString('hex'))).toBe(false);
  }
  expect(signing.id).toMatch(/^[\w-]{12}$/);
  const derived = { algorithm: 'HS256', keyid: signing.id } as const;
  const sign = (key: KeyObject | Buffer, typ: string) =>
    jwt.sign(claims, key, { ...derived, header: { alg: 'HS256', typ } });
  expect(() => tokens.verify(sign(signing.accessTokens, 'at+jwt'))).not.toThrow();
  // A key of another purpose, or one of this purpose with the other type.
  for (const token of [
    ...[sign(signing.accessTokens, 'JWT'), sign(signing.plainAccessTokens, 'at+jwt')],
    ...[sign(signing.refreshTokens, 'at+jwt'), sign(signing.loginLimits, 'JWT')],
  ]) {
    expect(() => tokens.verify(token)).toThrow(UnauthorizedError);
  }
});

test('a refresh token family depends only on the secret', () => {
  const tokenFamily = createRefreshTokens(keys);
  const first = tokenFamily.first();
  expect(Buffer.from(first, 'base64url')).toHaveLength(32);
  const successorBy = (...secrets: [string, string?]) =>
    createRefreshTokens(createSecretKeys(...secrets)).successor(first);
  expect(tokenFamily.successor(first)).toBe(successorBy(secret, other));
  expect(tokenFamily.successor(first)).not.toBe(successorBy(other, secret));
  // As in the previous release, so that servers of both can continue one family.
  expect(createRefreshTokens(createSecretKeys('a known secret')).successor('a known token')).toBe(
    'WHbEc5WwZuxg3f8mLcWgFJ-GGMZasRoQFlkXDXkgkvs',
  );
  expect(tokenFamily.hash(first)).not.toEqual(tokenFamily.hash(tokenFamily.successor(first)));
});

const who = { address: '192.0.2.1', userId: null };

test('a password matches its hash; without a hash nothing matches', async () => {
  const passwords = createPasswords(() => performance.now());
  const stored = await passwords.hash('correct horse', who);
  expect(stored).toMatch(/^\$argon2id\$/);
  expect(await passwords.verify('correct horse', stored, who)).toBe(true);
  expect(await passwords.verify('wrong horse', stored, who)).toBe(false);
  expect(await passwords.verify('a password that nobody has', null, who)).toBe(false);
});

test('logins beyond the hashing capacity are refused', async () => {
  const passwords = createPasswords(() => performance.now());
  const stored = await passwords.hash('correct horse', who);
  const verify = () => passwords.verify('correct horse', stored, who);
  const outcomes = await Promise.allSettled(Array.from({ length: 400 }, verify));
  expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
  expect(await verify()).toBe(true);
});
