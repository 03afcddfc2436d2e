import type { Rate } from '../actions';

/** What this node has let somebody do and not told the others yet, worth so many milliseconds of their rate. */
export interface Use {
  key: string;
  ms: number;
}

/**
 * Buckets of one kind, one per key. A bucket is one number: when it is full again (GCRA). Whoever is within the
 * rate costs nothing but that; only who has used a good part of a bucket is worth telling the other nodes.
 * Times are milliseconds of a clock that is never set back.
 */
export interface Buckets {
  /** 0 when one more is allowed, else the milliseconds until it is. Takes nothing. */
  waitMs(key: string, now: number): number;
  /** Takes `amount`, one unless told, also where none is left: then what is missing is waited for as well. */
  take(key: string, now: number, amount?: number): void;
  /** What has to be told; each use is handed out once. */
  unreported(): Use[];
  /** Over all nodes the bucket lacked `debtMs` at `at`. What was taken here since is added. */
  applyDeficit(key: string, deficitMs: number, at: number): void;
  /** Forgets who has been as good as new for a while. */
  forgetIdle(now: number): void;
  size(): number;
  /** Milliseconds that an empty bucket takes to fill. */
  readonly fullMs: number;
}

interface Bucket {
  fullAt: number;
  unreported: number;
  due: boolean;
}

export interface BucketsOptions {
  rate: Rate;
  /** Told when there is something untold that is worth telling. */
  onDue: () => void;
  /** The most keys that are kept: who comes with more names than that pushes the oldest out. */
  keysMax?: number;
}

const KEYS_MAX = 20_000;
/** The part of a bucket that a node gives away before it tells the others. */
const REPORT_FROM = 1 / 8;
/** Sums of fractions are not exact. */
const ROUNDING_MS = 1e-6;

export function createBuckets({ rate, onDue, keysMax = KEYS_MAX }: BucketsOptions): Buckets {
  const eachMs = 1_000 / rate.perSecond;
  const fullMs = rate.burst * eachMs;
  const reportFrom = Math.max(1, rate.burst * REPORT_FROM);
  const buckets = new Map<string, Bucket>();
  let due: string[] = [];

  /** Also who steadily stays below the rate on each of several nodes has something to tell at last. */
  const isForgettable = (bucket: Bucket, now: number): boolean => now - bucket.fullAt > fullMs;

  function forgetIdle(now: number): void {
    for (const [key, bucket] of buckets) if (isForgettable(bucket, now)) buckets.delete(key);
  }

  function makeRoom(now: number): void {
    forgetIdle(now);
    // Insertion order: the oldest first, an eighth at a time so that this is rare.
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
