import { type ListedSession, SESSIONS_LISTED_MAX } from '@chasqui/protocol';
import type { Caller, IdentityDeps } from '../identityDeps';
import type { SessionLifetime } from './sessionLifetime';

const selectSessions = ({ endOf }: SessionLifetime): string => `
  SELECT s.id, d.device_id, s.user_agent, s.created_at,
         greatest(s.created_at, s.last_seen_at, d.last_seen_at), s.id = $2
  FROM sessions s
  LEFT JOIN LATERAL (
    SELECT k.device_id, k.last_seen_at FROM devices k
    WHERE k.user_id = s.user_id AND k.session_id = s.id
    ORDER BY k.last_seen_at DESC LIMIT 1
  ) d ON true
  WHERE s.user_id = $1 AND s.revoked_at IS NULL AND ${endOf('s')} > now()
  ORDER BY 6 DESC, 5 DESC, s.id LIMIT ${SESSIONS_LISTED_MAX}`;

type Row = [string, string | null, string | null, Date, Date, boolean];

/** Where the caller is signed in: the present session first, then the last seen. */
export async function listSessions(
  { store: { db }, lifetime }: Pick<IdentityDeps, 'store' | 'lifetime'>,
  { userId, sessionId }: Caller,
): Promise<ListedSession[]> {
  const rows = await db.query('sessions_of_user', selectSessions(lifetime), [userId, sessionId]);
  return (rows as Row[]).map(([id, device_id, user_agent, createdAt, seenAt, current]) => ({
    ...{ id, device_id, user_agent, current },
    created_at: createdAt.toISOString(),
    last_seen_at: seenAt.toISOString(),
  }));
}
