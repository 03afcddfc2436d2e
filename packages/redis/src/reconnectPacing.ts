/** How long one connection waits before it connects again. */
export interface ReconnectPacing {
  /** The server was reached and is of no use, for example because it is a replica. */
  refused(): void;
  /** Milliseconds to wait before this attempt, the first being 1. */
  delayBefore(attempt: number): number;
}

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2_000;
/** Refusals that are further apart have nothing to do with each other. */
const REFUSED_AGAIN_WITHIN_MS = 5_000;

/**
 * Attempts become rarer, up to one in about two seconds, with jitter. ioredis counts from 1 again as
 * soon as a connection is ready; a server that accepts connections and then refuses every write
 * would be asked without a pause, so refusals are counted here.
 */
export function createReconnectPacing(now = (): number => performance.now()): ReconnectPacing {
  let refusals = 0;
  let lastRefusalAt = -Infinity;
  return {
    refused() {
      refusals = now() - lastRefusalAt < REFUSED_AGAIN_WITHIN_MS ? refusals + 1 : 0;
      lastRefusalAt = now();
    },
    delayBefore(attempt) {
      const wasRefused = now() - lastRefusalAt < REFUSED_AGAIN_WITHIN_MS;
      const failures = Math.min(Math.max(attempt, wasRefused ? refusals : 0), 10);
      return (
        Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS) * (0.75 + Math.random() / 2)
      );
    },
  };
}
