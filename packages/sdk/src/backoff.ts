/** How long one waits between attempts. */
export interface Backoff {
  /** Milliseconds before the second attempt. */
  readonly firstMs: number;
  /** Milliseconds that no wait exceeds. */
  readonly maxMs: number;
}

/**
 * Milliseconds to wait after so many failures in a row (1 after the first). Doubles up to the maximum, and lies
 * between half and all of that, so that clients which lost the same server do not come back at the same moment.
 * `random` is from 0 to below 1.
 */
export function backoffMs({ firstMs, maxMs }: Backoff, failures: number, random: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return full / 2 + (full / 2) * random;
}
