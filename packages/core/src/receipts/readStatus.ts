import { type Database, guarded } from '@chasqui/db';
import { isUuid, NotFoundError } from '@chasqui/protocol';
import { isoTime } from '../messages/messageRows';
import { locateMessage } from '../messages/readMessages';
import type { PageRequest } from '../paging/page';
import { decodeCursor, encodeCursor, invalidCursor } from '../paging/pageCursor';

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

const RECIPIENTS = `FROM participants p
  JOIN messages m ON m.conversation_id = p.conversation_id AND m.seq = $2
  WHERE p.conversation_id = $1 AND p.user_id <> m.sender_id AND p.joined_seq <= $2 AND m.kind = 'message'`;
const COUNTS = `SELECT count(*)::integer, count(*) FILTER (WHERE p.delivered_seq >= $2)::integer,
  count(*) FILTER (WHERE p.read_seq >= $2)::integer,
  (SELECT c.requested_id FROM conversations c WHERE c.id = $1) ${RECIPIENTS}`;

// The first time the watermark stood at or beyond the message: in the log, else the present one.
// A watermark's time is that of the second's first advance, which may lie before the message itself.
const reachedAt = (kind: 'delivered' | 'read'): string => `CASE WHEN p.${kind}_seq >= $2 THEN
    extract(epoch FROM greatest(m.created_at, coalesce((
      SELECT w.at FROM watermark_log w
      WHERE w.conversation_id = p.conversation_id AND w.user_id = p.user_id AND w.kind = '${kind}' AND w.seq >= $2
      ORDER BY w.seq LIMIT 1), p.${kind}_at)))::float8 END`;
const STATUSES = `SELECT p.user_id, ${reachedAt('delivered')}, ${reachedAt('read')},
    p.delivered_seq >= $2, p.read_seq >= $2
  ${RECIPIENTS} AND p.user_id > $3 ORDER BY p.user_id LIMIT $4`;

const FIRST = '00000000-0000-0000-0000-000000000000';

/** Who has got and read a message, and when, exact to a second (D6). Throws NotFoundError to strangers. */
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
    const [counts] = await db.query('status_counts', COUNTS, [conversationId, seq]);
    if (counts === undefined) throw new NotFoundError();
    const [recipients, delivered, read, requestedId] = counts as StatusCounts;
    if (requestedId !== null) return unaccepted(requestedId);
    const rows = (await db.query('statuses', STATUSES, [
      conversationId,
      seq,
      after,
      limit + 1,
    ])) as StatusRow[];
    const statuses = rows
      .slice(0, limit)
      .map(([user_id, deliveredAt, readAt, isDelivered, isRead]) => ({
        user_id,
        status: isRead
          ? ('read' as const)
          : isDelivered
            ? ('delivered' as const)
            : ('sent' as const),
        delivered_at: deliveredAt === null ? null : isoTime(deliveredAt),
        read_at: readAt === null ? null : isoTime(readAt),
      }));
    const last = statuses.at(-1);
    return {
      recipient_count: recipients,
      delivered_count: delivered,
      read_count: read,
      statuses,
      next_cursor: rows.length > limit && last !== undefined ? encodeCursor([last.user_id]) : null,
    };
  });
}

type StatusCounts = [
  recipients: number,
  delivered: number,
  read: number,
  requestedId: string | null,
];

/** Somebody who has not accepted the conversation has got nothing, whatever they have looked at. */
function unaccepted(userId: string): MessageStatusPage {
  const status = { user_id: userId, status: 'sent' as const, delivered_at: null, read_at: null };
  return {
    ...{ recipient_count: 1, delivered_count: 0, read_count: 0 },
    ...{ statuses: [status], next_cursor: null },
  };
}

type StatusRow = [
  userId: string,
  deliveredAt: number | null,
  readAt: number | null,
  isDelivered: boolean,
  isRead: boolean,
];
