import { decodePlace, encodePlace } from '@chasqui/core';
import type { Wakeups } from '@chasqui/core/ports';
import { type Database, deadLetters, purgeDeadLetter, retryDeadLetters } from '@chasqui/db';
import type { SecurityLog } from '@chasqui/identity';
import { type DeadLetter, NotFoundError } from '@chasqui/protocol';

/** Dead deliveries, for administrators. Every method throws UnavailableError without PostgreSQL. */
export interface DeadLetters {
  /** Latest first. Throws ValidationError for a cursor of another list. */
  list(page: {
    limit: number;
    cursor?: string | undefined;
  }): Promise<{ deliveries: DeadLetter[]; next_cursor: string | null }>;
  /** Retries the wake-up immediately. Throws NotFoundError unless the user's delivery is dead. */
  retry(administratorId: string, userId: string): Promise<void>;
  /**
   * Drops the pending wake-up (docs/adr/0005). Throws NotFoundError unless the user's delivery is
   * dead.
   */
  purge(administratorId: string, userId: string): Promise<void>;
}

interface Deps {
  db: Database;
  wakeups: Wakeups;
  securityLog: SecurityLog;
}

const LIST = 'dead';

export function createDeadLetters({ db, wakeups, securityLog }: Deps): DeadLetters {
  return {
    async list({ limit, cursor }) {
      const after = cursor === undefined ? undefined : decodePlace(LIST, cursor);
      const rows = await deadLetters(db, { limit: limit + 1, after });
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      return {
        deliveries: page.map(
          ({ userId, username, displayName, waitingSince, deadAt, ...rest }) => ({
            user: { id: userId, username, display_name: displayName },
            ...rest,
            waiting_since: waitingSince.toISOString(),
            dead_at: deadAt.toISOString(),
          }),
        ),
        next_cursor: last ? encodePlace(LIST, last.deadAt.getTime(), last.userId) : null,
      };
    },
    async retry(administratorId, userId) {
      const retried = await retryDeadLetters(db, [userId]);
      if (retried.length === 0) throw new NotFoundError();
      securityLog.record({ event: 'dead_delivery_retried', userId, actorId: administratorId });
      wakeups.enqueueAfterCommit([userId]);
    },
    async purge(administratorId, userId) {
      if (!(await purgeDeadLetter(db, userId))) throw new NotFoundError();
      securityLog.record({ event: 'dead_delivery_purged', userId, actorId: administratorId });
    },
  };
}
