import { revokeSessions, closeSessions } from './endSessions';
import type { IdentityDeps } from '../identityDeps';

/** Ends a session: its tokens, its sockets on every node, and its device (D4). A second call does nothing more. */
export async function logout(
  deps: IdentityDeps,
  { userId, sessionId }: { userId: string; sessionId: string },
): Promise<void> {
  await revokeSessions(deps.store, userId, { id: sessionId });
  // Whether or not it was ended before: what a first call did not come to is done now.
  await closeSessions(deps, userId, [sessionId]);
}
