import { type Database, guarded } from '@chasqui/db';
import { type Message, NotFoundError } from '@chasqui/protocol';
import { QueryTypes, type Transaction } from 'sequelize';
import { COLUMNS, STATUS, toMessage } from './messageRows';
import { fitPage, messageBytesAtMost } from '../paging/pageBytes';

const BY_ID = `SELECT ${COLUMNS}, ${STATUS} FROM messages m WHERE m.id = $1`;

/** A message by its id, without asking who may see it. */
export async function readMessageById(
  db: Database,
  messageId: string,
): Promise<Message | undefined> {
  const [row] = await db.query('message_by_id', BY_ID, [messageId]);
  return row === undefined ? undefined : toMessage(row);
}

/** A message as the transaction has left it. */
export async function readChanged(
  db: Database,
  transaction: Transaction,
  { conversationId, seq }: Location,
): Promise<Message> {
  const [found] = await db.sequelize.query<{ row: unknown[] }>(
    `SELECT json_build_array(${COLUMNS}, ${STATUS}) AS row FROM messages m
     WHERE m.conversation_id = $conversationId AND m.seq = $seq`,
    { bind: { conversationId, seq }, type: QueryTypes.SELECT, transaction },
  );
  if (found === undefined) throw new NotFoundError();
  return toMessage(found.row);
}

const LOCATE = `SELECT m.id, m.conversation_id, m.seq::float8 FROM messages m
  JOIN participants p ON p.conversation_id = m.conversation_id AND p.user_id = $1 AND p.joined_seq <= m.seq
  WHERE m.id = $2`;

export interface Location {
  conversationId: string;
  seq: number;
}

/** Where a message stands. Throws NotFoundError when there is none or the user may not see it (D9). */
export async function locateMessage(
  db: Database,
  userId: string,
  messageId: string,
): Promise<Location> {
  const [row] = await guarded(() => db.query('locate_message', LOCATE, [userId, messageId]));
  if (row === undefined) throw new NotFoundError();
  const [, conversationId, seq] = row as [string, string, number];
  return { conversationId, seq };
}

export interface HistoryPage {
  limit: number;
  beforeSeq?: number | undefined;
  afterSeq?: number | undefined;
  offset?: number | undefined;
}

const MEMBERSHIP = `SELECT p.joined_seq::float8, c.last_seq::float8
  FROM participants p JOIN conversations c ON c.id = p.conversation_id
  WHERE p.conversation_id = $1 AND p.user_id = $2`;
// The membership is judged once more: it may have ended since it was looked at (R9).
const PAGE = `SELECT ${COLUMNS}, ${STATUS} FROM messages m
  JOIN participants me ON me.conversation_id = m.conversation_id AND me.user_id = $4 AND me.joined_seq <= m.seq
  WHERE m.conversation_id = $1 AND m.seq > $2 AND m.seq < $3 ORDER BY m.seq`;

/**
 * A page of what the membership covers, ascending by seq. With only `afterSeq` it is the oldest page
 * after it, else the newest page before `beforeSeq`, `offset` entries further back. Seq has no gaps, so
 * a page is a range, and any plan reads no more than the page (D12). A page above 1 MiB holds fewer entries, those
 * next to where it starts, so paging goes on from what was received: also `offset` grows by the number received.
 * Throws NotFoundError to non-participants.
 */
export async function readHistory(
  db: Database,
  userId: string,
  conversationId: string,
  { limit, beforeSeq, afterSeq, offset = 0 }: HistoryPage,
): Promise<{ messages: Message[]; has_more: boolean }> {
  return guarded(async () => {
    const [membership] = await db.query('membership', MEMBERSHIP, [conversationId, userId]);
    if (membership === undefined) throw new NotFoundError();
    const [joinedSeq, lastSeq] = membership as [number, number];
    const forward = afterSeq !== undefined && beforeSeq === undefined;
    const first = Math.max(joinedSeq - 1, afterSeq ?? 0);
    // One more than asked for says whether there is more.
    const end = forward
      ? first + limit + 2
      : Math.min(beforeSeq ?? Number.MAX_SAFE_INTEGER, lastSeq + 1) - offset;
    const start = forward ? first : Math.max(first, end - limit - 2);
    const rows = await db.query('history', PAGE, [conversationId, start, end, userId]);
    const found = rows.map(toMessage);
    // From where the page starts: the oldest first, or the newest.
    if (!forward) found.reverse();
    const messages = fitPage(found.slice(0, limit), messageBytesAtMost);
    const has_more = messages.length < found.length;
    if (!forward) messages.reverse();
    return { messages, has_more };
  });
}
