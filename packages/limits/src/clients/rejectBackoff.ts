import type { Clock } from '@chasqui/foundation';
import { createBuckets } from '../local/buckets';
import type { Rate } from '../actions';

/** Throttles rejections: they cost something too, and a flooding client gets no fast answers. */
export interface RejectBackoff {
  /** Counts one rejection. Returns the milliseconds for which input under this key is not read. */
  refused(key: string): number;
}

interface RejectBackoffOptions {
  rate: Rate;
  /** Maximum backoff, milliseconds. */
  maxMs: number;
  clock: Clock;
}

export function createRejectBackoff({ rate, maxMs, clock }: RejectBackoffOptions): RejectBackoff {
  // Kept per node; nothing is reported to other nodes.
  const refusals = createBuckets({ rate, onDue: () => refusals.unreported() });
  return {
    refused(key) {
      const now = clock.now();
      refusals.take(key, now);
      return Math.min(refusals.waitMs(key, now), maxMs);
    },
  };
}

/** For RATE_LIMIT=off. */
export const noRejectBackoff: RejectBackoff = { refused: () => 0 };
