import { literal } from 'sequelize';
import type { IdentityDeps } from './identity';

/** Ends a session: its tokens, its sockets on every node, and its device (D4). A second call does nothing more. */
export async function logout(
  { store, endings, delivery }: IdentityDeps,
  { userId, sessionId }: { userId: string; sessionId: string },
): Promise<void> {
  await store.sessions.update(
    { revokedAt: literal('now()') },
    { where: { id: sessionId, userId, revokedAt: null } },
  );
  // The sockets first: a living connection would register its device again.
  endings.announce([sessionId]);
  await delivery.forgetSessionDevices(userId, sessionId);
}
