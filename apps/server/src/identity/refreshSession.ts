import { UnauthorizedError } from '@pern/protocol/errors';
import type { OpenedSession } from './answer';
import type { IdentityDeps } from './identity';
import { rotate } from './rotate';

/** Exchanges a refresh token. A reuse ends the session and closes its sockets on every node. */
export async function refreshSession(
  { store, chain, endings, log }: IdentityDeps,
  refreshToken: string,
  agent: string | null,
): Promise<OpenedSession> {
  const rotation = await rotate(store, chain, refreshToken, agent);
  switch (rotation.outcome) {
    case 'refused':
      throw new UnauthorizedError();
    case 'reused':
      log.warn(
        { userId: rotation.userId, sessionId: rotation.sessionId },
        'a refresh token was used again; its session has been ended',
      );
      endings.announce([rotation.sessionId]);
      throw new UnauthorizedError();
    case 'rotated': {
      const user = await store.users.findByPk(rotation.userId);
      if (!user) throw new UnauthorizedError();
      return { user, sessionId: rotation.sessionId, refreshToken: rotation.refreshToken };
    }
  }
}
