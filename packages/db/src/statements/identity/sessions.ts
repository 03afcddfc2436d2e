import { column, columns, flag, nullable, number, text, time } from '../columns';
import { command, statement } from '../statement';

/**
 * When the session `alias` ends: at `expires_at`, or `$maxAge` seconds after it began. Sessions of an external issuer
 * (ids are UUIDs of version 8) have no maximum age here.
 */
const endOf = (alias: string, maxAge: string): string =>
  `least(${alias}.expires_at, CASE WHEN substr(${alias}.id::text, 15, 1) = '8' THEN 'infinity'::timestamptz
     ELSE ${alias}.created_at + ${maxAge}::float8 * interval '1 second' END)`;

// A suspension ends all sessions, but a server of the previous release ignores it and may start new ones.
const NOT_SUSPENDED = 'NOT EXISTS (SELECT FROM suspensions x WHERE x.user_id = s.user_id)';

/** Valid sessions among these. Binds: session ids, maximum age in seconds. */
export const liveSessions = statement(
  'living_sessions',
  `SELECT s.id, s.user_id, u.username, extract(epoch FROM ${endOf('s', '$2')})::float8
   FROM sessions s JOIN users u ON u.id = s.user_id
   WHERE s.id = ANY ($1::uuid[]) AND s.revoked_at IS NULL AND ${endOf('s', '$2')} > now()
     AND ${NOT_SUSPENDED}`,
  columns({ sessionId: text, userId: text, username: text, expiresAtS: number }),
);

/** Sessions among these that were not revoked. Binds: session ids, maximum age in seconds. */
export const unrevokedSessions = statement(
  'session_states',
  `SELECT s.id, ${endOf('s', '$2')} > now() FROM sessions s
   WHERE s.id = ANY ($1::uuid[]) AND s.revoked_at IS NULL AND ${NOT_SUSPENDED}`,
  columns({ sessionId: text, isLive: flag }),
);

/** A user's valid sessions, the current one first. Binds: user, current session, maximum age in seconds, limit. */
export const sessionsOfUser = statement(
  'sessions_of_user',
  `SELECT s.id, d.device_id, s.user_agent, s.created_at,
     greatest(s.created_at, s.last_seen_at, d.last_seen_at), s.id = $2::uuid
   FROM sessions s
   LEFT JOIN LATERAL (
     SELECT k.device_id, k.last_seen_at FROM devices k
     WHERE k.user_id = s.user_id AND k.session_id = s.id
     ORDER BY k.last_seen_at DESC LIMIT 1
   ) d ON true
   WHERE s.user_id = $1::uuid AND s.revoked_at IS NULL AND ${endOf('s', '$3')} > now()
   ORDER BY 6 DESC, 5 DESC, s.id LIMIT $4::int`,
  columns({
    id: text,
    deviceId: nullable(text),
    userAgent: nullable(text),
    createdAt: time,
    lastSeenAt: time,
    isCurrent: flag,
  }),
);

/** Ends a user's valid sessions and returns their ids. */
export const endSessionsOfUser = statement(
  'end_sessions_of_user',
  `UPDATE sessions SET revoked_at = now()
   WHERE user_id = $1::uuid AND revoked_at IS NULL AND expires_at > now() RETURNING id`,
  column(text),
);

/** Ends all sessions of a user whose account is deleted, without the data that describes them. Returns their ids. */
export const anonymizeSessionsOfUser = statement(
  'anonymize_sessions_of_user',
  `UPDATE sessions SET revoked_at = coalesce(revoked_at, now()), user_agent = NULL, last_seen_at = NULL
   WHERE user_id = $1::uuid RETURNING id`,
  column(text),
);

/** Whether an external session was ended here. */
export const isExternalSessionEnded = statement(
  'is_external_session_ended',
  `SELECT EXISTS (SELECT FROM sessions WHERE id = $1::uuid AND revoked_at IS NOT NULL)
     OR EXISTS (SELECT FROM ended_external_sessions WHERE session_id = $1::uuid)`,
  column(flag),
);

/** Binds: session, user, end in seconds since 1970, name of the client. */
export const extendExternalSession = command(
  'extend_external_session',
  `INSERT INTO sessions (id, user_id, expires_at, user_agent)
   VALUES ($1::uuid, $2::uuid, to_timestamp($3::float8), $4)
   ON CONFLICT (id) DO UPDATE SET expires_at = greatest(sessions.expires_at, excluded.expires_at),
     last_seen_at = now(), user_agent = coalesce(excluded.user_agent, sessions.user_agent)`,
);

/**
 * Deletes sessions a day after their end, `$1` at most, and returns how many. An external issuer may sign further tokens
 * for a session that was ended here, so the ids of such sessions (UUIDs of version 8) are kept.
 */
export const pruneEndedSessions = statement(
  'prune_sessions',
  `WITH over AS (
     SELECT id FROM sessions
     WHERE expires_at < now() - interval '1 day' OR revoked_at < now() - interval '1 day' LIMIT $1::int
   ), removed AS (
     DELETE FROM sessions USING over WHERE sessions.id = over.id RETURNING sessions.id, sessions.revoked_at
   ), kept AS (
     INSERT INTO ended_external_sessions (session_id)
     SELECT id FROM removed WHERE revoked_at IS NOT NULL AND substr(id::text, 15, 1) = '8'
     ON CONFLICT DO NOTHING
   )
   SELECT count(*) FROM removed`,
  column(number),
);

/** Stores the id of a signing secret under this key, unless the key exists. */
export const rememberSecretId = command(
  'remember_secret_id',
  `INSERT INTO instance (key, value) VALUES ($1, convert_to($2, 'UTF8')) ON CONFLICT DO NOTHING`,
);

export const secretId = statement(
  'secret_id',
  `SELECT convert_from(value, 'UTF8') FROM instance WHERE key = $1`,
  column(text),
);

/** Runs to 1 when the id has changed. */
export const changeSecretId = command(
  'change_secret_id',
  `UPDATE instance SET value = convert_to($2, 'UTF8')
   WHERE key = $1 AND value <> convert_to($2, 'UTF8') RETURNING key`,
);
