import type { RejectBackoff } from './rejectBackoff';

/**
 * Delays a rejection for an address that is rejected too often, which slows down clients that wait
 * for responses. Resolves immediately otherwise.
 */
export type DelayReject = (address: string) => Promise<void>;

/** Maximum delayed requests; an attacker with more is answered immediately. */
const HELD_MAX = 1_000;

export function createDelayReject(rejectBackoff: RejectBackoff): DelayReject {
  let held = 0;
  return async (address) => {
    const waitMs = rejectBackoff.refused(address);
    if (waitMs <= 0 || held >= HELD_MAX) return;
    held += 1;
    await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
    held -= 1;
  };
}
