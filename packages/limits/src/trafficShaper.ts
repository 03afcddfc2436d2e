import { createBuckets } from './local/buckets';

/** Bytes that accepted connections write, per user and per address of this node. */
export interface TrafficShaper {
  /**
   * Counts what was read. Returns the milliseconds for which nothing more should be read from there: what was too much
   * is waited for, so TCP slows the sender down and nothing is lost.
   */
  read(bytes: number, userId: string, address: string): number;
  /** How often somebody had to wait. */
  waits(): number;
}

interface TrafficShaperOptions {
  /** Of one user. */
  bytesPerSecond: number;
  burstBytes: number;
  /** Nobody waits for longer, milliseconds. */
  waitMaxMs: number;
  now: () => number;
}

/** Many users can share one address (NAT). */
const NEIGHBOURS = 10;
/** Counted in kB, so that a bucket's time per unit is no tiny fraction. */
const UNIT_BYTES = 1_024;

export function createTrafficShaper({
  bytesPerSecond,
  burstBytes,
  ...options
}: TrafficShaperOptions): TrafficShaper {
  const { waitMaxMs, now } = options;
  let waits = 0;
  const bucketsOf = (share: number) => {
    const rate = {
      perSecond: (bytesPerSecond / UNIT_BYTES) * share,
      burst: (burstBytes / UNIT_BYTES) * share,
    };
    // Each node looks after its own time: nothing to tell the others.
    const buckets = createBuckets({ rate, onDue: () => buckets.unreported() });
    return buckets;
  };
  const users = bucketsOf(1);
  const addresses = bucketsOf(NEIGHBOURS);
  return {
    read(bytes, userId, address) {
      const at = now();
      const amount = bytes / UNIT_BYTES;
      users.take(userId, at, amount);
      addresses.take(address, at, amount);
      const waitMs = Math.max(users.waitMs(userId, at), addresses.waitMs(address, at));
      if (waitMs > 0) waits += 1;
      return Math.min(waitMs, waitMaxMs);
    },
    waits: () => waits,
  };
}

/** For RATE_LIMIT=off. */
export const unlimitedTraffic: TrafficShaper = { read: () => 0, waits: () => 0 };
