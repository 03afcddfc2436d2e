import { revokeSessions, closeSessions } from './endSessions';
import type { IdentityDeps } from '../identityDeps';

/**
 * Ends a session with its tokens, its sockets on every node and its device (D4). A second call does
 * nothing more.
 */
export async function logout(
  deps: IdentityDeps,
  { userId, sessionId }: { userId: string; sessionId: string },
): Promise<void> {
  await revokeSessions(deps.store, userId, { id: sessionId });
  // Even if it had already ended: completes what an interrupted first call left undone.
  await closeSessions(deps, userId, [sessionId]);
}
