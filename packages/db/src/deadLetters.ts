import { setTimeout as pause } from 'node:timers/promises';
import { UnavailableError } from '@pern/protocol/errors';
import { isUuid } from '@pern/protocol/ids';
import type { Database } from './connect';
import { FRESH_JOB_ID, type ScheduledWakeup, toWakeup } from './deliveries';
import { guarded } from './storeErrors';

/** A delivery that was given up: waking its recipient failed too often in a row. */
export interface DeadLetter {
  userId: string;
  username: string;
  displayName: string;
  /** Wake-ups tried since the backoff last began anew. */
  attempts: number;
  /** How many of them failed in a row, in the end. */
  errors: number;
  /** What the last one failed of. */
  reason: string;
  waitingSince: Date;
  deadAt: Date;
}

/** Where a page of dead letters ended. */
export interface DeadLetterPlace {
  /** ISO 8601. */
  at: string;
  id: string;
}

/** A page of those given up, latest first. Throws UnavailableError. */
export async function deadLetters(
  db: Database,
  { limit, after }: { limit: number; after?: DeadLetterPlace | undefined },
): Promise<DeadLetter[]> {
  const rows = await guarded(() =>
    db.query(
      'dead_letters',
      `SELECT d.user_id, u.username, u.display_name, d.attempts, d.errors, coalesce(d.last_error, ''),
         (extract(epoch FROM d.created_at) * 1000)::float8, (extract(epoch FROM d.dead_at) * 1000)::float8
       FROM deliveries d JOIN users u ON u.id = d.user_id
       WHERE d.dead_at IS NOT NULL
         AND ($1::timestamptz IS NULL OR (d.dead_at, d.user_id) < ($1::timestamptz, $2::uuid))
       ORDER BY d.dead_at DESC, d.user_id DESC LIMIT $3::int`,
      [after?.at ?? null, after?.id ?? null, limit],
    ),
  );
  return rows.map(([userId, username, displayName, attempts, errors, reason, since, deadAt]) => ({
    userId: String(userId),
    username: String(username),
    displayName: String(displayName),
    attempts: Number(attempts),
    errors: Number(errors),
    reason: String(reason),
    waitingSince: new Date(Number(since)),
    deadAt: new Date(Number(deadAt)),
  }));
}

/**
 * Begins anew with those of these users who were given up: their backoff starts over, now. Returns the
 * wake-ups; nobody has to enqueue them, for the sweep finds them overdue. Throws UnavailableError.
 */
export async function retryDeadLetters(
  db: Database,
  userIds: string[],
): Promise<ScheduledWakeup[]> {
  const rows = await guarded(() =>
    db.query(
      'retry_dead_letters',
      `WITH dead AS (
         SELECT user_id FROM deliveries WHERE user_id = ANY ($1::uuid[]) AND dead_at IS NOT NULL
         ORDER BY user_id FOR UPDATE
       )
       UPDATE deliveries d SET attempts = 0, errors = 0, dead_at = NULL, job_id = ${FRESH_JOB_ID},
         next_at = clock_timestamp(), updated_at = clock_timestamp()
       FROM dead WHERE d.user_id = dead.user_id
       RETURNING d.user_id, d.job_id, 0::float8`,
      [userIds],
    ),
  );
  return rows.map(toWakeup);
}

const CALLS_AT_MOST = 500;
const BUSY_MS = 20;

/**
 * Gives up the wake-ups of a user whose delivery is dead, for what waits now (see purge_delivery).
 * False when there is no dead delivery of that user. Throws UnavailableError while a conversation
 * stays busy; what has been purged by then is purged, and a second call goes on.
 */
export async function purgeDeadLetter(db: Database, userId: string): Promise<boolean> {
  for (let call = 0; call < CALLS_AT_MOST; call += 1) {
    const [row] = await guarded(() =>
      db.query('purge_delivery', 'SELECT purge_delivery($1::uuid)', [userId]),
    );
    // Somebody else may have purged the rest, or the user has come back: either way it is not dead.
    if (row?.[0] !== 'more') return row?.[0] === 'gone' || call > 0;
    if (call > 0) await pause(BUSY_MS);
  }
  throw new UnavailableError('conversations of this user are busy; try again');
}

/** The user of this id, or of this user name in any case; null when there is none. */
export async function findUserId(db: Database, idOrName: string): Promise<string | null> {
  const [row] = await guarded(() =>
    isUuid(idOrName)
      ? db.query('user_by_id', 'SELECT id FROM users WHERE id = $1::uuid', [idOrName])
      : db.query('user_by_name', 'SELECT id FROM users WHERE username_key = lower($1::text)', [
          idOrName,
        ]),
  );
  return typeof row?.[0] === 'string' ? row[0] : null;
}
