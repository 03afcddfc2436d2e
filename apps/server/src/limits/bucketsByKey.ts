import { createTokenBucket, type TokenBucket } from './tokenBucket';

/** Buckets that nobody uses are dropped after this long. */
const SWEEP_EVERY = 4_096;

/** One bucket per key, made when it is first asked for; full ones are forgotten now and then. */
export function createBuckets(
  perSecond: number,
  burst: number,
): (key: string, now: number) => TokenBucket {
  const buckets = new Map<string, TokenBucket>();
  let made = 0;
  return (key, now) => {
    const known = buckets.get(key);
    if (known) return known;
    if (++made % SWEEP_EVERY === 0) {
      for (const [old, bucket] of buckets) if (bucket.isFull(now)) buckets.delete(old);
    }
    const bucket = createTokenBucket(perSecond, burst);
    buckets.set(key, bucket);
    return bucket;
  };
}
