import type { Database } from '@pern/db/connect';
import type { Clock, Log, Timer, Wakeups } from './ports';

/** Recipients who may need a wake-up: most will have acknowledged before anybody asks Redis for one. */
export interface WaitingRecipients {
  add(userIds: string[]): void;
  /** Asks for the wake-ups that are due, now. */
  flush(): Promise<void>;
  stop(): void;
}

const PATIENCE_MS = 300;
const STILL_WAITING = `SELECT d.user_id FROM deliveries d
  WHERE d.user_id = ANY ($1::uuid[]) AND d.dead_at IS NULL AND EXISTS (
    SELECT FROM participants p WHERE p.user_id = d.user_id AND p.pending AND EXISTS (
      SELECT FROM messages m WHERE m.conversation_id = p.conversation_id AND m.seq > p.acked_seq
        AND m.kind = 'message' AND m.sender_id <> p.user_id))`;

/**
 * Enqueues wake-ups a moment after the commit, and only for who still waits (D5). Nobody waits for
 * this: what is lost here, with the process or with Redis, the sweep finds in PostgreSQL.
 */
export function createWaitingRecipients(deps: {
  db: Database;
  clock: Clock;
  log: Log;
  wakeups: Wakeups;
}): WaitingRecipients {
  let waiting = new Set<string>();
  let timer: Timer | undefined;

  async function flush(): Promise<void> {
    timer?.cancel();
    timer = undefined;
    const userIds = [...waiting];
    waiting = new Set();
    if (userIds.length === 0) return;
    try {
      const rows = await deps.db.query('still_waiting', STILL_WAITING, [userIds]);
      deps.wakeups.enqueueAfterCommit((rows as [string][]).map(([userId]) => userId));
    } catch (error) {
      deps.log.warn({ err: error, users: userIds.length }, 'no wake-up asked for; the sweep will');
    }
  }

  return {
    add(userIds) {
      if (userIds.length === 0) return;
      for (const userId of userIds) waiting.add(userId);
      timer ??= deps.clock.setTimeout(() => void flush(), PATIENCE_MS);
    },
    flush,
    stop: () => timer?.cancel(),
  };
}
