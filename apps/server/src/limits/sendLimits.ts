import { RateLimitError } from '@pern/protocol/errors';
import { createBuckets } from './bucketsByKey';

/** How fast somebody may send, by whichever door. */
export interface SendLimits {
  /** Counts one send; returns the error to answer with when it is one too many. */
  refusal(userId: string, address: string): RateLimitError | null;
}

const BURST_SECONDS = 10;
const ADDRESS_FACTOR = 10;

/**
 * Kept by this node alone, because Redis is never waited for on the path of a send. Per user, and
 * ten times that per address.
 */
export function createSendLimits(perSecond: number, now: () => number = Date.now): SendLimits {
  const burst = perSecond * BURST_SECONDS;
  const ofUser = createBuckets(perSecond, burst);
  const ofAddress = createBuckets(perSecond * ADDRESS_FACTOR, burst * ADDRESS_FACTOR);
  return {
    refusal(userId, address) {
      const at = now();
      const user = ofUser(userId, at);
      if (!user.take(at)) return tooFast(user.waitS());
      const neighbours = ofAddress(address, at);
      if (neighbours.take(at)) return null;
      user.give(1);
      return tooFast(neighbours.waitS());
    },
  };
}

/** For RATE_LIMIT=off. */
export const noSendLimits: SendLimits = { refusal: () => null };

function tooFast(waitS: number): RateLimitError {
  return new RateLimitError(waitS, 'too many messages');
}
