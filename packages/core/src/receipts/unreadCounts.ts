import { type Database, isGone } from '@chasqui/db';

const UNREAD = `SELECT p.user_id, p.conversation_id, p.read_seq::float8, (
    SELECT count(*) FROM messages m
    WHERE m.conversation_id = p.conversation_id AND m.seq > p.read_seq AND m.seq >= p.joined_seq
      AND m.kind = 'message' AND NOT ${isGone('m')} AND m.sender_id <> p.user_id)::float8
  FROM unnest($1::uuid[], $2::uuid[]) AS i (user_id, conversation_id)
  JOIN participants p ON p.conversation_id = i.conversation_id AND p.user_id = i.user_id`;

export interface UnreadCount {
  userId: string;
  conversationId: string;
  readSeq: number;
  unreadCount: number;
}

/** The exact unread counts of these memberships (D8). */
export async function countUnread(
  db: Database,
  pairs: { userId: string; conversationId: string }[],
): Promise<UnreadCount[]> {
  const rows = await db.query('unread_counts', UNREAD, [
    pairs.map(({ userId }) => userId),
    pairs.map(({ conversationId }) => conversationId),
  ]);
  return (rows as [string, string, number, number][]).map(
    ([userId, conversationId, readSeq, unreadCount]) => ({
      userId,
      conversationId,
      readSeq,
      unreadCount,
    }),
  );
}
