import { UnauthorizedError } from '@chasqui/protocol';
import type { OpenedSession } from '../accounts/sessionResponse';
import type { IdentityDeps } from '../identityDeps';
import { rotateRefreshToken } from './rotateRefreshToken';

/** Exchanges a refresh token. Reuse ends the session and closes its sockets on every node. */
export async function refreshSession(
  deps: IdentityDeps,
  refreshToken: string,
  agent: string | null,
): Promise<OpenedSession> {
  const { store, endings, securityLog } = deps;
  const rotation = await rotateRefreshToken(deps, refreshToken, agent);
  switch (rotation.outcome) {
    case 'refused':
      throw new UnauthorizedError();
    case 'reused': {
      const { userId, sessionId } = rotation;
      securityLog.record({ event: 'refresh_reused', userId, sessionId });
      endings.announce([sessionId]);
      throw new UnauthorizedError();
    }
    case 'rotated': {
      const user = await store.users.findByPk(rotation.userId);
      if (!user) throw new UnauthorizedError();
      return { user, sessionId: rotation.sessionId, refreshToken: rotation.refreshToken };
    }
  }
}
