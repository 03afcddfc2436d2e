import type { Clock } from '@chasqui/foundation';
import { createBuckets } from '../local/buckets';
import type { Rate } from '../kinds';

/** How fast a node refuses: for a refusal costs something too, and who floods is not owed haste. */
export interface Patience {
  /** Counts one refusal. Returns the milliseconds for which the next word of this one is not listened to. */
  refused(key: string): number;
}

interface PatienceOptions {
  rate: Rate;
  /** Nobody is put off for longer, milliseconds. */
  mostMs: number;
  clock: Clock;
}

export function createPatience({ rate, mostMs, clock }: PatienceOptions): Patience {
  // Each node looks after its own time: nothing to tell.
  const refusals = createBuckets({ rate, onDue: () => refusals.untold() });
  return {
    refused(key) {
      const now = clock.now();
      refusals.take(key, now);
      return Math.min(refusals.waitMs(key, now), mostMs);
    },
  };
}

/** For RATE_LIMIT=off. */
export const endlessPatience: Patience = { refused: () => 0 };
