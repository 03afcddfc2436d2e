import type { Database } from '@chasqui/db';
import { type Clock, createGatherer, type Log } from '@chasqui/foundation';
import { clearPendingMarks, type Membership } from './statements';

/** Clears the mark `pending` of recipients who have caught up, about a second after they acknowledged (R6). */
export interface PendingCleaner {
  /** Schedules clearing the user's mark in this conversation. */
  acknowledged(userId: string, conversationId: string): void;
  /** Clears all scheduled marks now. Never rejects. */
  flush(): Promise<void>;
  stop(): void;
}

/** A busy chat clears its marks once a second instead of once per message. */
const CLEAR_AFTER_MS = 1_000;
const MAX_BATCH = 500;
/** Memberships beyond it are cleared later, by the worker's wake-ups. */
const MAX_KEPT = 100_000;

export interface PendingCleanerDeps {
  db: Database;
  clock: Clock;
  log: Log;
  /**
   * Called after each batch with its users. A user may still be marked because a message arrived since the
   * acknowledgement; later sends do not set the mark, so they do not request a wake-up either.
   */
  onCleared: (userIds: string[]) => void;
}

/**
 * A batch that PostgreSQL does not answer is retried. The worker finds memberships lost with the process when their
 * delivery is due.
 */
export function createPendingCleaner({
  db,
  clock,
  log,
  onCleared,
}: PendingCleanerDeps): PendingCleaner {
  const gatherer = createGatherer<Membership>({
    clock,
    afterMs: CLEAR_AFTER_MS,
    maxBatch: MAX_BATCH,
    maxKept: MAX_KEPT,
    key: ({ userId, conversationId }) => `${userId} ${conversationId}`,
    async take(batch) {
      const busy = await clearPendingMarks.rows(
        db,
        batch.map(({ userId }) => userId),
        batch.map(({ conversationId }) => conversationId),
      );
      onCleared([...new Set(batch.map(({ userId }) => userId))]);
      return busy;
    },
    onError: (error, batch) =>
      log.warn({ err: error, pairs: batch.length }, 'clearing pending marks failed'),
  });
  return {
    acknowledged: (userId, conversationId) => gatherer.add({ userId, conversationId }),
    flush: () => gatherer.flush(),
    stop: () => gatherer.stop(),
  };
}
