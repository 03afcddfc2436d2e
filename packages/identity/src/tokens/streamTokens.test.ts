import { UnauthorizedError } from '@chasqui/protocol';
import jwt from 'jsonwebtoken';
import { createAccessTokens } from './accessTokens';
import { createSecretKeys } from './secretKeys';
import { createStreamTokens } from './streamTokens';

const secret = 'a secret of at least thirty-two characters';
const other = 'another secret of at least thirty-two characters';
const userId = '0189d8a4-1111-7000-8000-000000000001';
const sessionId = '0189d8a4-2222-7000-8000-000000000002';
const keys = createSecretKeys(secret);
const tokens = createStreamTokens({ keys, ttlS: 900 });
const access = createAccessTokens({ keys, ttlS: 900 });

test('a stream token names the user, the session and a device, and stays below 600 bytes', () => {
  const { token, expiresInS } = tokens.sign(userId, sessionId, 'd'.repeat(100));
  expect(expiresInS).toBe(900);
  expect(tokens.verify(token)).toMatchObject({ userId, sessionId, deviceId: 'd'.repeat(100) });
  expect(tokens.verify(tokens.sign(userId, sessionId).token)?.deviceId).toBeUndefined();
  expect(token.length).toBeLessThan(600);
});

test('a stream token is no access token, and an access token is left to its own verifier', () => {
  expect(() => access.verify(tokens.sign(userId, sessionId).token)).toThrow(UnauthorizedError);
  expect(tokens.verify(access.sign(userId, sessionId))).toBeUndefined();
});

test('both secrets are accepted while they rotate', () => {
  const { token } = createStreamTokens({ keys: createSecretKeys(other), ttlS: 9 }).sign(
    userId,
    sessionId,
  );
  expect(() => tokens.verify(token)).toThrow(UnauthorizedError);
  const rotating = createStreamTokens({ keys: createSecretKeys(secret, other), ttlS: 9 });
  expect(rotating.verify(token)).toMatchObject({ userId });
});

const { streamTokens: key, accessTokens, id } = keys.signing;
const header = { alg: 'HS256', typ: 'stream+jwt', kid: id };
const payload = { sub: userId, sid: sessionId, iss: 'chasqui', aud: 'chasqui-streams' };
const soon = Math.floor(Date.now() / 1_000) + 60;

test.each([
  ['no expiry', jwt.sign(payload, key, { header })],
  ['an expiry in the past', jwt.sign({ ...payload, exp: 1 }, key, { header })],
  ['another audience', jwt.sign({ ...payload, aud: 'chasqui-api', exp: soon }, key, { header })],
  ['another issuer', jwt.sign({ ...payload, iss: 'other', exp: soon }, key, { header })],
  ['the key of access tokens', jwt.sign({ ...payload, exp: soon }, accessTokens, { header })],
  [
    'no key id',
    jwt.sign({ ...payload, exp: soon }, key, { header: { ...header, kid: undefined } }),
  ],
  ['no session', jwt.sign({ ...payload, sid: undefined, exp: soon }, key, { header })],
])('a stream token with %s is refused', (_why, token) => {
  expect(() => tokens.verify(token)).toThrow(UnauthorizedError);
});
