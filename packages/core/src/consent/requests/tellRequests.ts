import { requestsChanged } from '../../events/conversationEvents';
import type { Announce } from '../../fanout/announce';

/** Tells these people's devices that their requests are to be read again. */
export function tellRequests(
  announce: Pick<Announce, 'toUsers'>,
  userIds: string[],
  conversationId: string,
): void {
  if (userIds.length > 0) announce.toUsers(requestsChanged(userIds, conversationId));
}
