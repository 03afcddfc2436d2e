import { tokenLifetime } from './tokenLifetime';

const token = (claims: object): string =>
  `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
const now = 1_800_000_000;

test.each<[string, object, number]>([
  ['a fresh token', { iat: now, exp: now + 600, name: 'Ana María' }, 600],
  ['an older token', { iat: now - 100, exp: now + 500 }, 500],
  ['a token while the local clock is far ahead', { iat: now - 9_000, exp: now - 8_400 }, 600],
  ['a token while the local clock is far behind', { iat: now + 9_000, exp: now + 9_600 }, 600],
  ['a token without an issue time', { exp: now + 60 }, 60],
  ['a token that expires before it is issued', { iat: now, exp: now - 1 }, 300],
  ['a token without an expiry time', { iat: now }, 300],
])('%s gets the expected lifetime', (_what, claims, seconds) => {
  expect(tokenLifetime(token(claims), now * 1000)).toBe(seconds);
});

test('a token that is not a JWT counts as valid for five minutes', () => {
  for (const text of ['', 'opaque', 'a.b.c', 'x.bnVsbA.x'])
    expect(tokenLifetime(text, now)).toBe(300);
});
