import { type Database, guarded } from '@chasqui/db';
import { isUuid, NotFoundError } from '@chasqui/protocol';
import { locateMessage } from '../messages/readMessages';
import type { PageRequest } from '../paging/page';
import { decodeCursor, encodeCursor, invalidCursor } from '../paging/pageCursor';
import { recipientCounts, recipientStatuses } from './statements';

/** One page of a message's recipients; the counts cover all of them. */
export interface MessageStatusPage {
  recipient_count: number;
  delivered_count: number;
  read_count: number;
  statuses: {
    user_id: string;
    status: 'sent' | 'delivered' | 'read';
    delivered_at: string | null;
    read_at: string | null;
  }[];
  next_cursor: string | null;
}

const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * The recipients of a message with their status and when it changed, exact to a second (D6). Throws NotFoundError if
 * the user may not see the message, ValidationError for an invalid cursor.
 */
export async function readStatus(
  db: Database,
  userId: string,
  messageId: string,
  { limit, cursor }: PageRequest,
): Promise<MessageStatusPage> {
  const after = cursor === undefined ? FIRST : decodeCursor(cursor, 1)[0];
  if (!isUuid(after)) throw invalidCursor();
  return guarded(async () => {
    const { conversationId, seq } = await locateMessage(db, userId, messageId);
    const counts = await recipientCounts.row(db, conversationId, seq);
    if (counts === undefined) throw new NotFoundError();
    if (counts.requestedId !== null) return notAccepted(counts.requestedId);
    const rows = await recipientStatuses.rows(db, conversationId, seq, after, limit + 1);
    const statuses = rows
      .slice(0, limit)
      .map(({ userId: user_id, deliveredAt, readAt, isDelivered, isRead }) => ({
        user_id,
        status: isRead
          ? ('read' as const)
          : isDelivered
            ? ('delivered' as const)
            : ('sent' as const),
        delivered_at: deliveredAt,
        read_at: readAt,
      }));
    const last = statuses.at(-1);
    return {
      recipient_count: counts.recipients,
      delivered_count: counts.delivered,
      read_count: counts.read,
      statuses,
      next_cursor: rows.length > limit && last !== undefined ? encodeCursor([last.user_id]) : null,
    };
  });
}

/** A person who has not accepted the conversation has received nothing, whatever they previewed. */
function notAccepted(userId: string): MessageStatusPage {
  const status = { user_id: userId, status: 'sent' as const, delivered_at: null, read_at: null };
  return {
    ...{ recipient_count: 1, delivered_count: 0, read_count: 0 },
    ...{ statuses: [status], next_cursor: null },
  };
}
