/** Limits of an exponential backoff. */
export interface Backoff {
  /** Wait before the second attempt, milliseconds. */
  readonly firstMs: number;
  /** Longest wait, milliseconds. */
  readonly maxMs: number;
}

/**
 * Returns the milliseconds to wait after `failures` consecutive failures (1 after the first). The delay doubles up to the
 * maximum; jitter takes off up to half of it, so that clients of a failed server do not all reconnect at once. `random`
 * is in [0, 1).
 */
export function backoffMs({ firstMs, maxMs }: Backoff, failures: number, random: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return full / 2 + (full / 2) * random;
}
