import { createSendLimits } from './sendLimits';
import { createTokenBucket } from './tokenBucket';

test('a bucket gives its burst at once and then its rate', () => {
  const bucket = createTokenBucket(10, 3);
  expect([1, 2, 3, 4].map(() => bucket.take(0))).toEqual([true, true, true, false]);
  expect(bucket.waitS()).toBeCloseTo(0.1);
  expect(bucket.take(99)).toBe(false);
  expect(bucket.take(100)).toBe(true);
  expect(bucket.take(100)).toBe(false);
});

test('a clock that is set back neither fills nor empties a bucket', () => {
  const bucket = createTokenBucket(10, 1);
  expect(bucket.take(1_000)).toBe(true);
  expect(bucket.take(0)).toBe(false);
  expect(bucket.take(100)).toBe(true);
});

test('a user sends 20 a second with bursts of 200, an address ten times that', () => {
  let now = 0;
  const limits = createSendLimits(20, () => now);
  const accepted = (user: string, tries: number): number =>
    Array.from({ length: tries }, () => limits.refusal(user, 'here')).filter((no) => no === null)
      .length;
  expect(accepted('ana', 250)).toBe(200);
  expect(limits.refusal('ana', 'here')?.retryAfterSeconds).toBe(1);
  now = 1_000;
  expect(accepted('ana', 50)).toBe(20);
  for (let i = 0; i < 10; i++) accepted(`user ${i}`, 200);
  expect(accepted('late', 200)).toBeLessThan(200);
  expect(limits.refusal('elsewhere', 'there')).toBeNull();
});
