import type { Log } from '@chasqui/foundation';
import { type ByteBudget, createByteBudget } from './byteBudget';

/** The byte budgets of a node. They bound memory, so RATE_LIMIT=off does not lift them. */
export interface ByteBudgets {
  /** Unread responses and socket frames. */
  unsent: ByteBudget;
  /** Incomplete request bodies. */
  unread: ByteBudget;
}

const UNSENT_BYTES_MAX = 64 * 1_048_576;
const UNREAD_BYTES_MAX = 32 * 1_048_576;
const LOG_EVERY_MS = 60_000;

/** `now`: milliseconds on a monotonic clock. */
export function createByteBudgets({ log, now }: { log: Log; now: () => number }): ByteBudgets {
  const budget = (name: string, maxBytes: number): ByteBudget => {
    let loggedAt = -Infinity;
    let closedSince = 0;
    return createByteBudget({
      ...{ maxBytes, now },
      onRelief(closed) {
        closedSince += closed;
        if (now() - loggedAt < LOG_EVERY_MS) return;
        log.warn({ budget: name, maxBytes, closed: closedSince }, 'closed slow connections');
        loggedAt = now();
        closedSince = 0;
      },
    });
  };
  return { unsent: budget('unsent', UNSENT_BYTES_MAX), unread: budget('unread', UNREAD_BYTES_MAX) };
}
