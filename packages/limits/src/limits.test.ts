import { RateLimitError } from '@chasqui/protocol';
import { createFakeClock } from '@chasqui/testkit';
import { createBuckets } from './local/buckets';
import { actionRates } from './actions';
import { createLimits, refuseIf } from './limits';
import { createRejectBackoff } from './clients/rejectBackoff';
import { createTokenBucket } from './local/tokenBucket';
import { createTrafficShaper } from './clients/trafficShaper';

const alone = { add: (spent: readonly unknown[]) => Promise.resolve(spent.map(() => null)) };

function opened() {
  const clock = createFakeClock();
  const rates = actionRates({ sendsPerSecond: 20 });
  const limits = createLimits({ rates, deficits: alone, clock });
  const accepted = (user: string, tries: number, address = 'here'): number =>
    Array.from({ length: tries }, () => limits.take('send', user, address)).filter((ms) => ms === 0)
      .length;
  return { clock, limits, accepted };
}

test('a user sends 20 a second with bursts of 200, an address ten times that', () => {
  const { clock, limits, accepted } = opened();
  expect(accepted('ana', 250)).toBe(200);
  expect(limits.take('send', 'ana', 'here')).toBeCloseTo(50);
  clock.advance(1_000);
  expect(accepted('ana', 50)).toBe(20);
  for (let i = 0; i < 10; i++) accepted(`user ${i}`, 200);
  expect(accepted('late', 200)).toBeLessThan(200);
  expect(accepted('elsewhere', 1, 'there')).toBe(1);
});

test('refusals are counted by action and take nothing', () => {
  const { clock, limits, accepted } = opened();
  expect(accepted('ana', 1_000)).toBe(200);
  expect(limits.refusals()).toMatchObject({ send: 800, search: 0 });
  // The address was charged 200, not 1,000.
  const others = Array.from({ length: 20 }, (_, i) => accepted(`user ${i}`, 200));
  expect(others.reduce((sum, count) => sum + count, 0)).toBe(1_800);
  clock.advance(50);
  expect(accepted('ana', 5)).toBe(1);
});

test('after waiting as long as a refusal says, an action is allowed', () => {
  const { clock, limits, accepted } = opened();
  accepted('ana', 200);
  const waitMs = limits.take('send', 'ana', 'here');
  expect(() => refuseIf(waitMs)).toThrow(RateLimitError);
  clock.advance(waitMs);
  expect(limits.take('send', 'ana', 'here')).toBe(0);
});

test('peeking takes nothing', () => {
  const { limits } = opened();
  for (let i = 0; i < 1_000; i++) expect(limits.peek('send', 'ana', 'here')).toBe(0);
  expect(limits.take('send', 'ana', 'here')).toBe(0);
});

test('use within the rate is not reported; using up an eighth is, once per use', () => {
  let reports = 0;
  const buckets = createBuckets({
    rate: { perSecond: 10, burst: 80 },
    onDue: () => (reports += 1),
  });
  for (let i = 0; i < 9; i++) buckets.take('ana', i * 10_000);
  expect(reports).toBe(0);
  for (let i = 0; i < 20; i++) buckets.take('ben', 0);
  expect(reports).toBe(1);
  expect(buckets.unreported()).toEqual([{ key: 'ben', ms: 2_000 }]);
  expect(buckets.unreported()).toEqual([]);
});

test('the shared deficit is added to local use since then, and never gives anything back', () => {
  const buckets = createBuckets({ rate: { perSecond: 10, burst: 8 }, onDue: () => undefined });
  buckets.take('ana', 0);
  expect(buckets.unreported()).toHaveLength(1);
  buckets.take('ana', 0);
  buckets.applyDeficit('ana', 750, 0);
  // Of 800 ms, 750 are used over all nodes and 100 here since: 50 and the price of the next are
  // missing.
  expect(buckets.waitMs('ana', 0)).toBeCloseTo(150);
  buckets.applyDeficit('ana', 0, 0);
  expect(buckets.waitMs('ana', 0)).toBeCloseTo(150);
});

test('many keys take bounded memory, and idle keys are removed', () => {
  const buckets = createBuckets({
    ...{ rate: { perSecond: 1, burst: 1 }, onDue: () => undefined },
    keysMax: 100,
  });
  for (let i = 0; i < 10_000; i++) buckets.take(`name ${i}`, 0);
  expect(buckets.size()).toBeLessThanOrEqual(100);
  // The newest are kept.
  expect(buckets.waitMs('name 9999', 0)).toBeGreaterThan(0);
  buckets.forgetIdle(60_000);
  expect(buckets.size()).toBe(0);
});

test('a node rejects quickly at first, and then slows down a flooding client', () => {
  const clock = createFakeClock();
  const rejectBackoff = createRejectBackoff({
    rate: { perSecond: 100, burst: 10 },
    maxMs: 2_000,
    clock,
  });
  const waits = Array.from({ length: 500 }, () => rejectBackoff.refused('ana'));
  expect(waits.slice(0, 9)).toEqual(Array(9).fill(0));
  expect(waits[20]).toBeGreaterThan(100);
  expect(waits.at(-1)).toBe(2_000);
  expect(rejectBackoff.refused('ben')).toBe(0);
});

test('a user who sends bytes faster than the rate waits, neighbours do not, and an address has ten times the rate', () => {
  let now = 0;
  const traffic = createTrafficShaper({
    ...{ bytesPerSecond: 10_240, burstBytes: 102_400, waitMaxMs: 5_000, now: () => now },
  });
  expect(traffic.read(102_400 - 1_024, 'ana', 'here')).toBe(0);
  expect(traffic.read(20_480, 'ana', 'here')).toBeCloseTo(2_000);
  expect(traffic.read(1_024, 'ben', 'here')).toBe(0);
  expect(traffic.read(1_000_000, 'ana', 'here')).toBe(5_000);
  expect(traffic.read(1_024, 'cleo', 'here')).toBeGreaterThan(0);
  expect(traffic.read(1_024, 'cleo', 'there')).toBe(0);
  expect(traffic.waits()).toBe(3);
  now = 120_000;
  expect(traffic.read(1_024, 'ana', 'here')).toBe(0);
});

test('an acknowledgement bucket gives its burst at once, then its rate, and takes earned tokens back', () => {
  const bucket = createTokenBucket(10, 3);
  expect([1, 2, 3, 4].map(() => bucket.take(0))).toEqual([true, true, true, false]);
  expect(bucket.waitS()).toBeCloseTo(0.1);
  expect(bucket.take(100)).toBe(true);
  bucket.give(2);
  expect([1, 2, 3].map(() => bucket.take(100))).toEqual([true, true, false]);
  // A clock that is set back neither fills nor empties it.
  expect(bucket.take(0)).toBe(false);
});
