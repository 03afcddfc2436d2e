import type { User as UserRow } from '@chasqui/db';
import type { Session } from '@chasqui/protocol';
import type { IdentityDeps } from '../identityDeps';

/** A session that has just begun or gone on, before it is put into words. */
export interface OpenedSession {
  user: UserRow;
  sessionId: string;
  refreshToken: string;
}

/** What whoever has proven who they are is answered. */
export async function sessionResponse(
  { accessTokens, directory }: IdentityDeps,
  { user, sessionId, refreshToken }: OpenedSession,
): Promise<Session> {
  const [self] = await directory.present(user.id, [user]);
  if (!self) throw new Error('a user who is present was not presented');
  return {
    user: self,
    access_token: accessTokens.sign(user.id, sessionId),
    refresh_token: refreshToken,
    token_type: 'Bearer',
    expires_in: accessTokens.ttlS,
  };
}
