import { requestsChanged } from '../../events/conversationEvents';
import type { Announce } from '../../fanout/announce';

/** Notifies all devices of these users that their list of requests has changed. */
export function tellRequests(
  announce: Pick<Announce, 'toUsers'>,
  userIds: string[],
  conversationId: string,
): void {
  if (userIds.length > 0) announce.toUsers(requestsChanged(userIds, conversationId));
}
