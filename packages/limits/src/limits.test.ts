import { RateLimitError } from '@chasqui/protocol';
import { createFakeClock } from '@chasqui/testkit';
import { createBuckets } from './local/buckets';
import { actionRates } from './actions';
import { createLimits, refuseIf } from './limits';
import { createRejectBackoff } from './access/rejectBackoff';
import { createTokenBucket } from './local/tokenBucket';
import { createTrafficShaper } from './trafficShaper';

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

test('what is refused is counted by kind, and takes nothing from anybody', () => {
  const { clock, limits, accepted } = opened();
  expect(accepted('ana', 1_000)).toBe(200);
  expect(limits.refusals()).toMatchObject({ send: 800, search: 0 });
  // The address gave 200 and not 1,000.
  const others = Array.from({ length: 20 }, (_, i) => accepted(`user ${i}`, 200));
  expect(others.reduce((sum, count) => sum + count, 0)).toBe(1_800);
  clock.advance(50);
  expect(accepted('ana', 5)).toBe(1);
});

test('who waits as long as the refusal says is let through', () => {
  const { clock, limits, accepted } = opened();
  accepted('ana', 200);
  const waitMs = limits.take('send', 'ana', 'here');
  expect(() => refuseIf(waitMs)).toThrow(RateLimitError);
  clock.advance(waitMs);
  expect(limits.take('send', 'ana', 'here')).toBe(0);
});

test('looking takes nothing', () => {
  const { limits } = opened();
  for (let i = 0; i < 1_000; i++) expect(limits.peek('send', 'ana', 'here')).toBe(0);
  expect(limits.take('send', 'ana', 'here')).toBe(0);
});

test('who is within the rate is told to nobody; who uses up an eighth is, once for each use', () => {
  let told = 0;
  const buckets = createBuckets({ rate: { perSecond: 10, burst: 80 }, onDue: () => (told += 1) });
  for (let i = 0; i < 9; i++) buckets.take('ana', i * 10_000);
  expect(told).toBe(0);
  for (let i = 0; i < 20; i++) buckets.take('ben', 0);
  expect(told).toBe(1);
  expect(buckets.unreported()).toEqual([{ key: 'ben', ms: 2_000 }]);
  expect(buckets.unreported()).toEqual([]);
});

test('what the others say is added to what was taken since, and never gives anything back', () => {
  const buckets = createBuckets({ rate: { perSecond: 10, burst: 8 }, onDue: () => undefined });
  buckets.take('ana', 0);
  expect(buckets.unreported()).toHaveLength(1);
  buckets.take('ana', 0);
  buckets.applyDeficit('ana', 750, 0);
  // Of 800 ms 750 are gone over all nodes and 100 here since: 50 and the price of the next are missing.
  expect(buckets.waitMs('ana', 0)).toBeCloseTo(150);
  buckets.applyDeficit('ana', 0, 0);
  expect(buckets.waitMs('ana', 0)).toBeCloseTo(150);
});

test('many names take no more memory than there are places for, and who is idle is forgotten', () => {
  const buckets = createBuckets({
    ...{ rate: { perSecond: 1, burst: 1 }, onDue: () => undefined },
    keysMax: 100,
  });
  for (let i = 0; i < 10_000; i++) buckets.take(`name ${i}`, 0);
  expect(buckets.size()).toBeLessThanOrEqual(100);
  // The youngest are still known.
  expect(buckets.waitMs('name 9999', 0)).toBeGreaterThan(0);
  buckets.forgetIdle(60_000);
  expect(buckets.size()).toBe(0);
});

test('a node refuses as fast as it likes, and then makes the one who floods wait', () => {
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

test('a user who writes more bytes than the rate waits, their neighbours do not, and a whole address has ten times as much', () => {
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

test('an acknowledgement bucket gives its burst at once, then its rate, and takes back what is earned', () => {
  const bucket = createTokenBucket(10, 3);
  expect([1, 2, 3, 4].map(() => bucket.take(0))).toEqual([true, true, true, false]);
  expect(bucket.waitS()).toBeCloseTo(0.1);
  expect(bucket.take(100)).toBe(true);
  bucket.give(2);
  expect([1, 2, 3].map(() => bucket.take(100))).toEqual([true, true, false]);
  // A clock that is set back neither fills nor empties it.
  expect(bucket.take(0)).toBe(false);
});
