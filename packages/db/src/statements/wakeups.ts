import { column, columns, flag, listOf, number, text } from './columns';
import { command, type RawRow, statement } from './statement';

/** The next wake-up of a user. */
export interface ScheduledWakeup {
  userId: string;
  /** The job's id in the queue. */
  jobId: string;
  /** Milliseconds from now; negative when overdue. */
  delayMs: number;
}

/**
 * The outcome of a job that asked to wake its user:
 * - `settled`: nothing is waiting any more, or the user is suspended
 * - `dead`: given up until an operator retries it or the user returns
 * - `stale`: another job wakes this user
 * - `early`: the job is not due yet, because some node's clock is ahead
 * - `claimed`: wake the user now; the row already holds the next attempt
 */
export type Claim =
  | { outcome: 'settled' | 'dead' | 'stale' | 'early' }
  | { outcome: 'claimed'; attempts: number; hadErrors: boolean; next: ScheduledWakeup };

// Sends insert rows without a job id: until the first attempt, the id is derived from the row.
const JOB_ID = `coalesce(job_id, user_id || '.' || (extract(epoch FROM created_at) * 1000)::bigint)`;
/** For an UPDATE of `deliveries d`. */
const FRESH_JOB_ID = `d.user_id || '.' || substr(md5(random()::text), 1, 12)`;
const DELAY_MS = `(extract(epoch FROM next_at - clock_timestamp()) * 1000)::float8`;

/** For a WHERE of `deliveries d`. A suspended user is not woken; the delivery resumes when the suspension ends. */
const NOT_SUSPENDED = 'NOT EXISTS (SELECT FROM suspensions x WHERE x.user_id = d.user_id)';

/** For `deliveries d`: when the user's oldest unacknowledged message was sent; null when nothing waits. */
const WAITING_SINCE = `SELECT min(m.created_at) FROM participants p CROSS JOIN LATERAL (
    SELECT created_at FROM messages m WHERE m.conversation_id = p.conversation_id AND m.seq > p.acked_seq
      AND m.kind = 'message' AND m.sender_id <> p.user_id ORDER BY m.seq LIMIT 1
  ) m WHERE uuid_send(p.user_id) = uuid_send(d.user_id) AND p.pending`;

const wakeup = columns<ScheduledWakeup>({ userId: text, jobId: text, delayMs: number });

export const wakeupsOfUsers = statement(
  'scheduled_wakeups',
  `SELECT user_id, ${JOB_ID}, ${DELAY_MS} FROM deliveries d
   WHERE user_id = ANY ($1::uuid[]) AND dead_at IS NULL AND ${NOT_SUSPENDED}`,
  wakeup,
);

export const wakeupsByWaitingTime = statement(
  'wakeups_still_needed',
  `SELECT user_id, ${JOB_ID}, ${DELAY_MS} FROM deliveries d
   WHERE user_id = ANY ($1::uuid[]) AND dead_at IS NULL AND ${NOT_SUSPENDED}
     AND (${WAITING_SINCE}) <= clock_timestamp() - $2::float8 * interval '1 millisecond'`,
  wakeup,
);

export const wakeupsAfterUser = statement(
  'all_scheduled_wakeups',
  `SELECT user_id, ${JOB_ID}, ${DELAY_MS} FROM deliveries d
   WHERE ($1::uuid IS NULL OR user_id > $1::uuid) AND dead_at IS NULL AND ${NOT_SUSPENDED}
   ORDER BY user_id LIMIT $2::int`,
  wakeup,
);

export const wakeupsOverdue = statement(
  'overdue_wakeups',
  `SELECT user_id, ${JOB_ID}, ${DELAY_MS} FROM deliveries d
   WHERE dead_at IS NULL AND ${NOT_SUSPENDED} AND next_at < clock_timestamp() - $1::float8 * interval '1 millisecond'
   ORDER BY next_at, user_id LIMIT $2::int OFFSET $3::int`,
  wakeup,
);

export const countDeliveries = statement(
  'delivery_counts',
  `SELECT count(*) FILTER (WHERE dead_at IS NULL), count(dead_at) FROM deliveries`,
  columns({ pending: number, dead: number }),
);

export const postponeActive = command(
  'postpone_keeping_up',
  `WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
   late AS MATERIALIZED (
     SELECT d.user_id FROM quick, deliveries d WHERE d.dead_at IS NULL AND d.next_at < clock_timestamp()
     ORDER BY d.next_at LIMIT $2::int
   ), held AS MATERIALIZED (
     -- The same lock order as settle_pending.
     SELECT d.user_id FROM late l JOIN deliveries d ON d.user_id = l.user_id
     ORDER BY d.user_id FOR UPDATE OF d SKIP LOCKED
   ), keeping_up AS MATERIALIZED (
     SELECT d.user_id, (${WAITING_SINCE}) + $1::float8 * interval '1 millisecond' AS due FROM held d
   )
   UPDATE deliveries d SET next_at = k.due, attempts = 0
   FROM keeping_up k WHERE d.user_id = k.user_id AND k.due > clock_timestamp() RETURNING 1`,
);

export const staleMarksOfUsers = statement(
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
  columns({ userId: text, conversationId: text }),
);

export const staleMarksOfUser = statement(
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
  columns({ hasMarks: flag, staleConversationIds: listOf(text) }),
);

export const clearStaleMarks = command(
  'clear_stale_marks',
  'SELECT FROM settle_pending($1::uuid[], $2::uuid[])',
);

export const deliveryOfUser = command(
  'delivery_of_user',
  'SELECT FROM deliveries WHERE user_id = $1::uuid',
);

export const claimAttempt = statement(
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
  toClaim,
);

function toClaim([isDead, isCurrentJob, attempts, errors, ...next]: RawRow): Claim {
  if (attempts !== null) {
    return {
      outcome: 'claimed',
      attempts: number(attempts),
      hadErrors: number(errors) > 0,
      next: wakeup(next),
    };
  }
  if (flag(isDead)) return { outcome: 'dead' };
  return { outcome: flag(isCurrentJob) ? 'early' : 'stale' };
}

export const countError = statement(
  'record_delivery_error',
  `UPDATE deliveries SET errors = errors + 1, last_error = left($2::text, 500),
     updated_at = clock_timestamp(),
     dead_at = CASE WHEN errors + 1 >= $3::int THEN coalesce(dead_at, clock_timestamp()) ELSE dead_at END
   WHERE user_id = $1::uuid RETURNING dead_at IS NOT NULL`,
  column(flag),
);

export const resetErrors = command(
  'clear_delivery_errors',
  'UPDATE deliveries SET errors = 0 WHERE user_id = $1::uuid AND errors > 0 AND dead_at IS NULL',
);

export const restartAttempts = statement(
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
  columns({ userId: text, jobId: text, delayMs: number, formerJobId: text }),
);

export const renewOverdueJobs = statement(
  'replace_overdue_jobs',
  `WITH late AS (
     SELECT user_id FROM deliveries
     WHERE user_id = ANY ($1::uuid[]) AND dead_at IS NULL AND next_at < clock_timestamp()
     ORDER BY user_id FOR UPDATE SKIP LOCKED
   )
   UPDATE deliveries d SET job_id = ${FRESH_JOB_ID} FROM late l WHERE d.user_id = l.user_id
   RETURNING d.user_id, d.job_id, 0::float8`,
  wakeup,
);

export const insertMissingRows = command(
  'insert_forgotten_deliveries',
  `INSERT INTO deliveries (user_id)
   SELECT DISTINCT p.user_id FROM participants p
   WHERE p.pending AND NOT EXISTS (SELECT FROM deliveries d WHERE d.user_id = p.user_id)
   ORDER BY p.user_id LIMIT $1::int
   ON CONFLICT DO NOTHING RETURNING user_id`,
);

export const reviveDeadDeliveries = statement(
  'retry_dead_letters',
  `WITH dead AS (
     SELECT user_id FROM deliveries WHERE user_id = ANY ($1::uuid[]) AND dead_at IS NOT NULL
     ORDER BY user_id FOR UPDATE
   )
   UPDATE deliveries d SET attempts = 0, errors = 0, dead_at = NULL, job_id = ${FRESH_JOB_ID},
     next_at = clock_timestamp(), updated_at = clock_timestamp()
   FROM dead WHERE d.user_id = dead.user_id
   RETURNING d.user_id, d.job_id, 0::float8`,
  wakeup,
);
