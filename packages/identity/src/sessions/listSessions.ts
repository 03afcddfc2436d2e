import { sessionStatements } from '@chasqui/db';
import { type ListedSession, SESSIONS_LISTED_MAX } from '@chasqui/protocol';
import type { Caller, IdentityDeps } from '../identityDeps';

/** The caller's live sessions: the current one first, then by last use. */
export async function listSessions(
  { store: { db }, lifetime }: Pick<IdentityDeps, 'store' | 'lifetime'>,
  { userId, sessionId }: Caller,
): Promise<ListedSession[]> {
  const sessions = await sessionStatements.sessionsOfUser.rows(
    db,
    ...[userId, sessionId, lifetime.maxAgeS, SESSIONS_LISTED_MAX],
  );
  return sessions.map((session) => ({
    id: session.id,
    device_id: session.deviceId,
    user_agent: session.userAgent,
    current: session.isCurrent,
    created_at: session.createdAt.toISOString(),
    last_seen_at: session.lastSeenAt.toISOString(),
  }));
}
