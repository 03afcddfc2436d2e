import type { Clock } from '@chasqui/foundation';
import { createBuckets } from '../local/buckets';
import type { Rate } from '../actions';

/** How fast a node refuses: for a refusal costs something too, and who floods is not owed haste. */
export interface RejectBackoff {
  /** Counts one refusal. Returns the milliseconds for which the next word of this one is not listened to. */
  refused(key: string): number;
}

interface RejectBackoffOptions {
  rate: Rate;
  /** Nobody is put off for longer, milliseconds. */
  maxMs: number;
  clock: Clock;
}

export function createRejectBackoff({ rate, maxMs, clock }: RejectBackoffOptions): RejectBackoff {
  // Each node looks after its own time: nothing to tell.
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
