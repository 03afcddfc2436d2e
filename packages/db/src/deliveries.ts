import type { Database } from './connect';

/**
 * The waiting deliveries (D5): a row per user who has something unacknowledged by others. Sends
 * insert rows and acknowledgements delete them; here is what the wake-ups need in between. All times
 * are PostgreSQL's own: no node's clock decides anything.
 */

/** The wake-up that is to come for a user. */
export interface ScheduledWakeup {
  userId: string;
  /** The queue's id for it. */
  jobId: string;
  /** Milliseconds from now; negative when it is overdue. */
  delayMs: number;
}

/** First delay and cap in milliseconds; each delay is twice the one before, give or take a fifth. */
export interface Backoff {
  firstMs: number;
  capMs: number;
}

// A send knows no job id yet: until a first wake-up has been tried it follows from the row itself.
const JOB_ID = `coalesce(job_id, user_id || '.' || (extract(epoch FROM created_at) * 1000)::bigint)`;
/** For an UPDATE of `deliveries d`. */
export const FRESH_JOB_ID = `d.user_id || '.' || substr(md5(random()::text), 1, 12)`;
const DELAY_MS = `(extract(epoch FROM next_at - clock_timestamp()) * 1000)::float8`;

/** For a WHERE of `deliveries d`: what waits for a suspended user wakes nobody. It goes on when the suspension ends. */
const NOT_SUSPENDED = 'NOT EXISTS (SELECT FROM suspensions x WHERE x.user_id = d.user_id)';

/** Of these users, those whose delivery is waiting (and not dead). */
export async function scheduledWakeups(
  db: Database,
  userIds: string[],
): Promise<ScheduledWakeup[]> {
  const rows = await db.query(
    'scheduled_wakeups',
    `SELECT user_id, ${JOB_ID}, ${DELAY_MS} FROM deliveries d
     WHERE user_id = ANY ($1::uuid[]) AND dead_at IS NULL AND ${NOT_SUSPENDED}`,
    [userIds],
  );
  return rows.map(toWakeup);
}

// Of the user of `deliveries d`: when what has waited for longest was sent, null when nothing waits.
const WAITING_SINCE = `SELECT min(m.created_at) FROM participants p CROSS JOIN LATERAL (
    SELECT created_at FROM messages m WHERE m.conversation_id = p.conversation_id AND m.seq > p.acked_seq
      AND m.kind = 'message' AND m.sender_id <> p.user_id ORDER BY m.seq LIMIT 1
  ) m WHERE uuid_send(p.user_id) = uuid_send(d.user_id) AND p.pending`;

/**
 * As `scheduledWakeups`, for those alone for whom a message has waited so long. The row of one who has
 * acknowledged everything is settled only a second later, and of one to whom somebody writes all the
 * time never, however fast they acknowledge.
 */
export async function wakeupsStillNeeded(
  db: Database,
  userIds: string[],
  forMs: number,
): Promise<ScheduledWakeup[]> {
  const rows = await db.query(
    'wakeups_still_needed',
    `SELECT user_id, ${JOB_ID}, ${DELAY_MS} FROM deliveries d
     WHERE user_id = ANY ($1::uuid[]) AND dead_at IS NULL AND ${NOT_SUSPENDED}
       AND (${WAITING_SINCE}) <= clock_timestamp() - $2::float8 * interval '1 millisecond'`,
    [userIds, forMs],
  );
  return rows.map(toWakeup);
}

/**
 * Puts off, among the `limit` most overdue deliveries, those of recipients who keep up: nothing that waits
 * for them has waited longer than the first delay. They are due when it will have. Returns how many.
 */
export async function postponeKeepingUp(
  db: Database,
  firstMs: number,
  limit: number,
): Promise<number> {
  const rows = await db.query(
    'postpone_keeping_up',
    `WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
     late AS MATERIALIZED (
       SELECT d.user_id FROM quick, deliveries d WHERE d.dead_at IS NULL AND d.next_at < clock_timestamp()
       ORDER BY d.next_at LIMIT $2::int
     ), held AS MATERIALIZED (
       -- In the order in which settle_pending locks them.
       SELECT d.user_id FROM late l JOIN deliveries d ON d.user_id = l.user_id
       ORDER BY d.user_id FOR UPDATE OF d SKIP LOCKED
     ), keeping_up AS MATERIALIZED (
       SELECT d.user_id, (${WAITING_SINCE}) + $1::float8 * interval '1 millisecond' AS due FROM held d
     )
     UPDATE deliveries d SET next_at = k.due, attempts = 0
     FROM keeping_up k WHERE d.user_id = k.user_id AND k.due > clock_timestamp() RETURNING 1`,
    [firstMs, limit],
  );
  return rows.length;
}

/**
 * Clears the marks of these users that nothing stands behind, and deletes their deliveries when no mark is left:
 * what a server leaves behind that dies between an acknowledgement and `settle_pending`. Marks in a conversation
 * that is locked stay for the next call. A second call does nothing.
 */
export async function settleCaughtUp(db: Database, userIds: string[]): Promise<void> {
  const rows = await db.query(
    'caught_up_marks',
    `SELECT p.user_id, p.conversation_id
     FROM unnest($1::uuid[]) AS u (id) CROSS JOIN LATERAL (
       SELECT m.user_id, m.conversation_id, m.acked_seq FROM participants m
       WHERE uuid_send(m.user_id) = uuid_send(u.id) AND m.pending LIMIT 100
     ) p
     WHERE NOT EXISTS (
       SELECT FROM messages m
       WHERE m.conversation_id = p.conversation_id AND m.seq > p.acked_seq
         AND m.kind = 'message' AND m.sender_id <> p.user_id
     )`,
    [userIds],
  );
  const users = rows.map(([userId]) => userId);
  const conversations = rows.map(([, conversationId]) => conversationId);
  if (rows.length === 0) return;
  await db.query('settle_caught_up', 'SELECT FROM settle_pending($1::uuid[], $2::uuid[])', [
    users,
    conversations,
  ]);
}

/** A page of all waiting deliveries, by user id, after `afterUserId`. */
export async function allScheduledWakeups(
  db: Database,
  afterUserId: string | null,
  limit: number,
): Promise<ScheduledWakeup[]> {
  const rows = await db.query(
    'all_scheduled_wakeups',
    `SELECT user_id, ${JOB_ID}, ${DELAY_MS} FROM deliveries d
     WHERE ($1::uuid IS NULL OR user_id > $1::uuid) AND dead_at IS NULL AND ${NOT_SUSPENDED}
     ORDER BY user_id LIMIT $2::int`,
    [afterUserId, limit],
  );
  return rows.map(toWakeup);
}

/** The most overdue deliveries: those that should have been woken `graceMs` ago, after `offset` others. */
export async function overdueWakeups(
  db: Database,
  graceMs: number,
  { limit, offset }: { limit: number; offset: number },
): Promise<ScheduledWakeup[]> {
  const rows = await db.query(
    'overdue_wakeups',
    `SELECT user_id, ${JOB_ID}, ${DELAY_MS} FROM deliveries d
     WHERE dead_at IS NULL AND ${NOT_SUSPENDED} AND next_at < clock_timestamp() - $1::float8 * interval '1 millisecond'
     ORDER BY next_at, user_id LIMIT $2::int OFFSET $3::int`,
    [graceMs, limit, offset],
  );
  return rows.map(toWakeup);
}

/**
 * What became of a job that asked to wake its user:
 * - `settled`: nothing is waiting any more, or the user is suspended
 * - `dead`: given up until somebody asks for it again
 * - `stale`: another job is to wake this user
 * - `early`: it is not yet time, some node's clock is ahead
 * - `claimed`: wake the user now; the row already names the next attempt
 */
export type Claim =
  | { outcome: 'settled' | 'dead' | 'stale' | 'early' }
  | { outcome: 'claimed'; attempts: number; hadErrors: boolean; next: ScheduledWakeup };

/**
 * Decides about one job and, when it is the one, counts the attempt and schedules the next, all in
 * one statement. So a crash at any later point leaves a row that the sweep finds overdue, and of two
 * jobs for one user, or one job running twice, one is told `stale`. Losing this commit in a crash
 * only means that somebody is woken once more: it need not be flushed.
 */
export async function claimWakeup(
  db: Database,
  { userId, jobId }: { userId: string; jobId: string },
  { firstMs, capMs }: Backoff,
): Promise<Claim> {
  const [row] = await db.query(
    'claim_wakeup',
    `WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
     found AS (
       SELECT user_id, dead_at IS NOT NULL AS dead, ${JOB_ID} = $2::text AS mine,
         next_at <= clock_timestamp() + interval '1 second' AS due,
         next_at <= clock_timestamp() AS overdue
       FROM deliveries d WHERE user_id = $1::uuid AND ${NOT_SUSPENDED} FOR UPDATE
     ), claimed AS (
       UPDATE deliveries d SET attempts = d.attempts + 1, job_id = ${FRESH_JOB_ID},
         updated_at = clock_timestamp(),
         next_at = clock_timestamp() + interval '1 millisecond' * (0.8 + 0.4 * random())
           * least($4::float8, $3::float8 * 2 ^ least(d.attempts + 1, 20))
       FROM found f
       WHERE d.user_id = f.user_id AND NOT f.dead AND (f.overdue OR f.mine AND f.due)
       RETURNING d.user_id, d.attempts, d.errors, d.job_id,
         (extract(epoch FROM d.next_at - clock_timestamp()) * 1000)::float8 AS delay_ms
     )
     SELECT f.dead, f.mine, c.attempts, c.errors, c.user_id, c.job_id, c.delay_ms
     FROM quick, found f LEFT JOIN claimed c ON true`,
    [userId, jobId, firstMs, capMs],
  );
  if (row === undefined) return { outcome: 'settled' };
  const [dead, mine, attempts, errors, ...next] = row;
  if (attempts !== null) {
    return {
      outcome: 'claimed',
      attempts: Number(attempts),
      hadErrors: Number(errors) > 0,
      next: toWakeup(next),
    };
  }
  if (dead === true) return { outcome: 'dead' };
  return { outcome: mine === true ? 'early' : 'stale' };
}

/**
 * Clears up after acknowledgements that were not followed through, by a crash or because somebody
 * left a conversation: marks that nothing stands behind are taken off, and the row goes when no mark
 * is left. Says whether the user still waits. Holds no lock unless there is something to clear.
 */
export async function settleForgotten(db: Database, userId: string): Promise<boolean> {
  const [row] = await db.query(
    'forgotten_marks',
    `SELECT EXISTS (SELECT FROM participants WHERE uuid_send(user_id) = uuid_send($1::uuid) AND pending),
       ARRAY(
         SELECT p.conversation_id FROM participants p
         WHERE uuid_send(p.user_id) = uuid_send($1::uuid) AND p.pending AND NOT EXISTS (
           SELECT FROM messages m
           WHERE m.conversation_id = p.conversation_id AND m.seq > p.acked_seq
             AND m.kind = 'message' AND m.sender_id <> p.user_id
         ) LIMIT 100
       )::text[]`,
    [userId],
  );
  const [marked, forgotten] = row ?? [];
  if (!Array.isArray(forgotten) || (marked === true && forgotten.length === 0)) return true;
  await db.query('settle_forgotten', 'SELECT FROM settle_pending($1::uuid[], $2::uuid[])', [
    // One user per conversation; at least one, for the row itself.
    Array.from({ length: Math.max(1, forgotten.length) }, () => userId),
    forgotten,
  ]);
  const left = await db.query('still_waits', 'SELECT FROM deliveries WHERE user_id = $1::uuid', [
    userId,
  ]);
  return left.length > 0;
}

/**
 * Notes that waking the user failed; after `maxErrors` failures in a row the delivery is dead. Says
 * whether it now is. The reason must hold no content.
 */
export async function recordDeliveryError(
  db: Database,
  userId: string,
  reason: string,
  maxErrors: number,
): Promise<boolean> {
  const rows = await db.query(
    'record_delivery_error',
    `UPDATE deliveries SET errors = errors + 1, last_error = left($2::text, 500),
       updated_at = clock_timestamp(),
       dead_at = CASE WHEN errors + 1 >= $3::int THEN coalesce(dead_at, clock_timestamp()) ELSE dead_at END
     WHERE user_id = $1::uuid RETURNING dead_at IS NOT NULL`,
    [userId, reason, maxErrors],
  );
  return rows[0]?.[0] === true;
}

/** Waking the user worked: the count of failures in a row starts over. */
export async function clearDeliveryErrors(db: Database, userId: string): Promise<void> {
  await db.query(
    'clear_delivery_errors',
    'UPDATE deliveries SET errors = 0 WHERE user_id = $1::uuid AND errors > 0 AND dead_at IS NULL',
    [userId],
  );
}

/**
 * Begins the backoff anew for those of these users who have been tried before or are dead, with
 * fresh jobs. Returns these beside the ids of the jobs that they replace.
 */
export async function restartBackoff(
  db: Database,
  userIds: string[],
  firstMs: number,
): Promise<(ScheduledWakeup & { formerJobId: string })[]> {
  const rows = await db.query(
    'restart_backoff',
    `WITH former AS (
       SELECT user_id, ${JOB_ID} AS job FROM deliveries d
       WHERE user_id = ANY ($1::uuid[]) AND ${NOT_SUSPENDED} AND (attempts > 0 OR dead_at IS NOT NULL)
       ORDER BY user_id FOR UPDATE
     )
     UPDATE deliveries d SET attempts = 0, errors = 0, dead_at = NULL, job_id = ${FRESH_JOB_ID},
       next_at = clock_timestamp() + $2::float8 * interval '1 millisecond', updated_at = clock_timestamp()
     FROM former f WHERE d.user_id = f.user_id
     RETURNING d.user_id, d.job_id, $2::float8, f.job`,
    [userIds, firstMs],
  );
  return rows.map((row) => ({ ...toWakeup(row), formerJobId: String(row[3]) }));
}

/**
 * Gives these users fresh jobs, due now, where the delivery is still overdue: for jobs that Redis
 * has but that never come, such as one in a list that lost it.
 */
export async function replaceOverdueJobs(
  db: Database,
  userIds: string[],
): Promise<ScheduledWakeup[]> {
  const rows = await db.query(
    'replace_overdue_jobs',
    `WITH late AS (
       SELECT user_id FROM deliveries
       WHERE user_id = ANY ($1::uuid[]) AND dead_at IS NULL AND next_at < clock_timestamp()
       ORDER BY user_id FOR UPDATE SKIP LOCKED
     )
     UPDATE deliveries d SET job_id = ${FRESH_JOB_ID} FROM late l WHERE d.user_id = l.user_id
     RETURNING d.user_id, d.job_id, 0::float8`,
    [userIds],
  );
  return rows.map(toWakeup);
}

/**
 * The truth check: inserts rows for users who have something pending but no row, at most `limit`.
 * Returns how many; there may be more when it is `limit`.
 */
export async function insertForgottenDeliveries(db: Database, limit: number): Promise<number> {
  const rows = await db.query(
    'insert_forgotten_deliveries',
    `INSERT INTO deliveries (user_id)
     SELECT DISTINCT p.user_id FROM participants p
     WHERE p.pending AND NOT EXISTS (SELECT FROM deliveries d WHERE d.user_id = p.user_id)
     ORDER BY p.user_id LIMIT $1::int
     ON CONFLICT DO NOTHING RETURNING user_id`,
    [limit],
  );
  return rows.length;
}

/** How many deliveries wait and how many were given up; reads them all. */
export async function deliveryCounts(db: Database): Promise<{ pending: number; dead: number }> {
  const [row] = await db.query(
    'delivery_counts',
    `SELECT count(*) FILTER (WHERE dead_at IS NULL)::float8, count(dead_at)::float8 FROM deliveries`,
    [],
  );
  return { pending: Number(row?.[0] ?? 0), dead: Number(row?.[1] ?? 0) };
}

/** From the columns user_id, job_id and milliseconds. */
export function toWakeup([userId, jobId, delayMs]: unknown[]): ScheduledWakeup {
  return { userId: String(userId), jobId: String(jobId), delayMs: Number(delayMs) };
}
