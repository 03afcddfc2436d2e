import type { Database } from '@chasqui/db';
import type { Clock, Log, Timer } from '@chasqui/foundation';

/** Clears the mark `pending` of recipients who have caught up, a moment after they acknowledged (R6). */
export interface Settler {
  /** Remembers that the user acknowledged something there. */
  acknowledged(userId: string, conversationId: string): void;
  /** Settles what is remembered now. */
  flush(): Promise<void>;
  stop(): void;
}

const SETTLE_AFTER_MS = 1_000;
const MAX_BATCH = 500;
/** Beyond it the worker's wake-ups settle, later. */
const MAX_KEPT = 100_000;
const SETTLE = `SELECT * FROM settle_pending($1::uuid[], $2::uuid[])`;

export interface SettlerDeps {
  db: Database;
  clock: Clock;
  log: Log;
  /**
   * Called after each pass with the users it covered. A mark of theirs may still stand, because something arrived
   * since they acknowledged: no later send sets it, so no later send asks for a wake-up either.
   */
  onSettled: (userIds: string[]) => void;
}

/**
 * Waits a second, so that a busy chat pays once a second and not once a message. Pairs that PostgreSQL did
 * not answer for are retried; pairs lost with the process are found by the worker when their delivery is due.
 */
export function createSettler(deps: SettlerDeps): Settler {
  let waiting = new Map<string, [userId: string, conversationId: string]>();
  let timer: Timer | undefined;
  let stopped = false;

  function schedule(): void {
    if (timer !== undefined || stopped || waiting.size === 0) return;
    timer = deps.clock.setTimeout(() => {
      timer = undefined;
      void flush().finally(schedule);
    }, SETTLE_AFTER_MS);
  }

  async function flush(): Promise<void> {
    const pairs = [...waiting.values()];
    waiting = new Map();
    for (let i = 0; i < pairs.length; i += MAX_BATCH) {
      const batch = pairs.slice(i, i + MAX_BATCH);
      try {
        const busy = await deps.db.query('settle_pending', SETTLE, [
          batch.map(([userId]) => userId),
          batch.map(([, conversationId]) => conversationId),
        ]);
        for (const [userId, conversationId] of busy as [string, string][])
          remember(userId, conversationId);
        deps.onSettled([...new Set(batch.map(([userId]) => userId))]);
      } catch (error) {
        for (const [userId, conversationId] of batch) {
          if (waiting.size < MAX_KEPT) remember(userId, conversationId);
        }
        deps.log.warn(
          { err: error, pairs: batch.length },
          'settling acknowledged deliveries failed',
        );
      }
    }
  }

  function remember(userId: string, conversationId: string): void {
    waiting.set(`${userId} ${conversationId}`, [userId, conversationId]);
  }

  return {
    acknowledged(userId, conversationId) {
      remember(userId, conversationId);
      schedule();
    },
    flush,
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
