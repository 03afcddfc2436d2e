import { createBuckets } from '../local/buckets';

/** Shapes the bytes that authenticated connections send, per user and per address on this node. */
export interface TrafficShaper {
  /**
   * Counts received bytes. Returns the milliseconds for which reading should pause: TCP then slows
   * the sender down and nothing is lost.
   */
  read(bytes: number, userId: string, address: string): number;
  /** How often reading was paused. */
  waits(): number;
}

interface TrafficShaperOptions {
  /** Per user. */
  bytesPerSecond: number;
  burstBytes: number;
  /** Maximum pause, milliseconds. */
  waitMaxMs: number;
  now: () => number;
}

/** Many users can share one address (NAT). */
const NEIGHBOURS = 10;
/** Counted in KiB, so that the time per unit is not a tiny fraction. */
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
    // Kept per node; nothing is reported to other nodes.
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
