import type { RejectBackoff } from './rejectBackoff';

/**
 * Resolves at once, or after a while for an address that has been refused too often: a client that waits for its
 * answers slows down by it.
 */
export type DelayReject = (address: string) => Promise<void>;

/** Requests that may be held at a time; an attacker with more of them is answered at once. */
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
