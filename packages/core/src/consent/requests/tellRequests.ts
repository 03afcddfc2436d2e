import type { RequestsChanged } from '@chasqui/protocol';
import type { Announce } from '../../fanout/announce';

/** Tells these people's devices that their requests are to be read again. */
export function tellRequests(
  announce: Pick<Announce, 'toUsers'>,
  userIds: string[],
  conversationId: string,
): void {
  const event: RequestsChanged = { conversationId };
  if (userIds.length > 0) announce.toUsers(userIds, 'requests:changed', event);
}
