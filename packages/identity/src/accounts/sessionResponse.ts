import type { User as UserRow } from '@chasqui/db';
import type { Session } from '@chasqui/protocol';
import type { IdentityDeps } from '../identityDeps';

/** A session that was just started or renewed, before it becomes a response. */
export interface OpenedSession {
  user: UserRow;
  sessionId: string;
  refreshToken: string;
}

/** The response to a successful login, registration, refresh or password change. */
export async function sessionResponse(
  { accessTokens, directory }: IdentityDeps,
  { user, sessionId, refreshToken }: OpenedSession,
): Promise<Session> {
  const [self] = await directory.present(user.id, [user]);
  if (!self) throw new Error('the directory did not return an existing user');
  return {
    user: self,
    access_token: accessTokens.sign(user.id, sessionId),
    refresh_token: refreshToken,
    token_type: 'Bearer',
    expires_in: accessTokens.ttlS,
  };
}
