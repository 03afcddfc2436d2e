import { column, columns, number, oneOf, text, time } from './columns';
import { statement } from './statement';

/** A delivery that was given up after too many failed attempts in a row. */
export interface DeadLetter {
  userId: string;
  username: string;
  displayName: string;
  /** Attempts since the backoff last restarted. */
  attempts: number;
  /** How many of the latest attempts failed in a row. */
  errors: number;
  /** Why the last attempt failed. */
  reason: string;
  waitingSince: Date;
  deadAt: Date;
}

export const deadLettersBefore = statement(
  'dead_letters',
  `SELECT d.user_id, u.username, u.display_name, d.attempts, d.errors, coalesce(d.last_error, ''),
     (extract(epoch FROM d.created_at) * 1000)::float8, (extract(epoch FROM d.dead_at) * 1000)::float8
   FROM deliveries d JOIN users u ON u.id = d.user_id
   WHERE d.dead_at IS NOT NULL
     AND ($1::timestamptz IS NULL OR (d.dead_at, d.user_id) < ($1::timestamptz, $2::uuid))
   ORDER BY d.dead_at DESC, d.user_id DESC LIMIT $3::int`,
  columns<DeadLetter>({
    userId: text,
    username: text,
    displayName: text,
    attempts: number,
    errors: number,
    reason: text,
    waitingSince: time,
    deadAt: time,
  }),
);

export const purgeStep = statement(
  'purge_delivery',
  'SELECT purge_delivery($1::uuid)',
  column(oneOf('gone', 'not_dead', 'more')),
);

export const userIdById = statement(
  'user_by_id',
  'SELECT id FROM users WHERE id = $1::uuid',
  column(text),
);

export const userIdByName = statement(
  'user_by_name',
  'SELECT id FROM users WHERE username_key = lower($1::text)',
  column(text),
);
