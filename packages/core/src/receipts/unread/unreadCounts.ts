import type { Database } from '@chasqui/db';
import { type Membership, type UnreadCount, unreadCounts } from '../statements';

/** The exact unread counts of these memberships (D8); memberships that have ended are left out. */
export function countUnread(db: Database, memberships: Membership[]): Promise<UnreadCount[]> {
  return unreadCounts.rows(
    db,
    memberships.map(({ userId }) => userId),
    memberships.map(({ conversationId }) => conversationId),
  );
}
