import { lifeOf } from './lifeOf';

const token = (claims: object): string =>
  `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
const now = 1_800_000_000;

test.each<[string, object, number]>([
  ['a fresh one', { iat: now, exp: now + 600, name: 'Ana María' }, 600],
  ['one that was kept for a while', { iat: now - 100, exp: now + 500 }, 500],
  ['any, by a clock that is far ahead', { iat: now - 9_000, exp: now - 8_400 }, 600],
  ['any, by a clock that is far behind', { iat: now + 9_000, exp: now + 9_600 }, 600],
  ['one that does not say since when', { exp: now + 60 }, 60],
  ['one that makes no sense', { iat: now, exp: now - 1 }, 300],
  ['one without an end', { iat: now }, 300],
])('%s is good for as long as it says', (_what, claims, seconds) => {
  expect(lifeOf(token(claims), now * 1000)).toBe(seconds);
});

test('one that is no JWT is good for five minutes', () => {
  for (const text of ['', 'opaque', 'a.b.c', 'x.bnVsbA.x']) expect(lifeOf(text, now)).toBe(300);
});
