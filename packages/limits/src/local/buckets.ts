import type { Rate } from '../actions';

/** Use on this node that was not reported yet, in milliseconds of the bucket's rate. */
export interface Use {
  key: string;
  ms: number;
}

/**
 * Buckets of one action and scope, by key. A bucket is one number, the time at which it is full
 * again (GCRA). Only keys that use up a good part of their bucket are reported to other nodes.
 * Times are milliseconds on a monotonic clock.
 */
export interface Buckets {
  /** 0 if one more is allowed, else the milliseconds until it is. Takes nothing. */
  waitMs(key: string, now: number): number;
  /**
   * Takes `amount`, 1 by default, even if the bucket is empty; later calls wait for the deficit.
   */
  take(key: string, now: number, amount?: number): void;
  /** Uses to report; each is returned once. */
  unreported(): Use[];
  /** Applies the deficit of the bucket over all nodes as of `at`, plus local use since then. */
  applyDeficit(key: string, deficitMs: number, at: number): void;
  /** Removes buckets that have been full for a while. */
  forgetIdle(now: number): void;
  size(): number;
  /** Milliseconds in which an empty bucket fills. */
  readonly fullMs: number;
}

interface Bucket {
  fullAt: number;
  unreported: number;
  due: boolean;
}

export interface BucketsOptions {
  rate: Rate;
  /** Called when there is something to report. */
  onDue: () => void;
  /** Maximum number of keys; beyond it, the oldest are evicted. */
  keysMax?: number;
}

const KEYS_MAX = 20_000;
/** Share of a bucket at which a node starts reporting it. */
const REPORT_FROM = 1 / 8;
/** Sums of fractions are inexact. */
const ROUNDING_MS = 1e-6;

export function createBuckets({ rate, onDue, keysMax = KEYS_MAX }: BucketsOptions): Buckets {
  const eachMs = 1_000 / rate.perSecond;
  const fullMs = rate.burst * eachMs;
  const reportFrom = Math.max(1, rate.burst * REPORT_FROM);
  const buckets = new Map<string, Bucket>();
  let due: string[] = [];

  /**
   * Kept until full for a whole period, so that steady use below the rate on several nodes is
   * reported eventually.
   */
  const isForgettable = (bucket: Bucket, now: number): boolean => now - bucket.fullAt > fullMs;

  function forgetIdle(now: number): void {
    for (const [key, bucket] of buckets) if (isForgettable(bucket, now)) buckets.delete(key);
  }

  function makeRoom(now: number): void {
    forgetIdle(now);
    // Insertion order: evicts the oldest eighth at once, so that eviction is rare.
    let excess = buckets.size - Math.floor(keysMax * (1 - REPORT_FROM));
    for (const key of buckets.keys()) {
      if (excess-- <= 0) break;
      buckets.delete(key);
    }
  }

  function bucketOf(key: string, now: number): Bucket {
    const known = buckets.get(key);
    if (known) {
      if (isForgettable(known, now)) known.unreported = 0;
      return known;
    }
    if (buckets.size >= keysMax) makeRoom(now);
    const bucket: Bucket = { fullAt: now, unreported: 0, due: false };
    buckets.set(key, bucket);
    return bucket;
  }

  return {
    fullMs,
    waitMs(key, now) {
      const bucket = buckets.get(key);
      if (bucket === undefined || bucket.fullAt <= now) return 0;
      const waitMs = bucket.fullAt - now + eachMs - fullMs;
      return waitMs > ROUNDING_MS ? waitMs : 0;
    },
    take(key, now, amount = 1) {
      const bucket = bucketOf(key, now);
      bucket.fullAt = Math.max(bucket.fullAt, now) + eachMs * amount;
      bucket.unreported += amount;
      if (bucket.due) return;
      if (bucket.unreported < reportFrom && bucket.fullAt - now < fullMs / 2) return;
      bucket.due = true;
      due.push(key);
      if (due.length === 1) onDue();
    },
    unreported() {
      const uses: Use[] = [];
      for (const key of due) {
        const bucket = buckets.get(key);
        if (bucket?.due !== true) continue;
        uses.push({ key, ms: bucket.unreported * eachMs });
        bucket.unreported = 0;
        bucket.due = false;
      }
      due = [];
      return uses;
    },
    applyDeficit(key, deficitMs, at) {
      if (deficitMs <= 0) return;
      const bucket = bucketOf(key, at);
      bucket.fullAt = Math.max(bucket.fullAt, at + deficitMs + bucket.unreported * eachMs);
    },
    forgetIdle,
    size: () => buckets.size,
  };
}
