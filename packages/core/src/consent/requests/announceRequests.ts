import { requestsChanged } from '../../events/conversationEvents';
import type { Announce } from '../../fanout/announce';

/** Announces to all devices of these users that their list of requests has changed. */
export function announceRequests(
  announce: Pick<Announce, 'toUsers'>,
  userIds: string[],
  conversationId: string,
): void {
  if (userIds.length > 0) announce.toUsers(requestsChanged(userIds, conversationId));
}
