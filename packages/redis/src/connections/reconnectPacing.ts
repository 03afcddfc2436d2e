/** Delay of one connection before it reconnects. */
export interface ReconnectPacing {
  /** Called when the server was reached but cannot be used, for example because it is a replica. */
  refused(): void;
  /** Delay before this attempt, milliseconds. The first attempt is 1. */
  delayBefore(attempt: number): number;
}

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2_000;
/** Refusals that are further apart are unrelated. */
const REFUSED_AGAIN_WITHIN_MS = 5_000;

/**
 * Exponential backoff with jitter, up to about two seconds. ioredis restarts its count as soon as a connection is
 * ready; a server that accepts connections and then refuses every write would be contacted without a pause, so
 * refusals are counted here.
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
