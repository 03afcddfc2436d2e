import { type Database, guarded } from '@chasqui/db';
import { type ExportRecord, NotFoundError } from '@chasqui/protocol';
import { readConversations } from '../conversations/read/readConversations';
import { COLUMNS, toMessage } from '../messages/messageRows';
import { readHistory } from '../messages/readMessages';

const CONVERSATIONS_AT_ONCE = 20;
/** Entries of a page: at 49,152 bytes of content each, a reader who is slow holds 2.5 MB. */
const MESSAGES_AT_ONCE = 50;
/** Entries that one statement looks through for what is one's own. */
const WINDOW = 2_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

const MEMBERSHIPS = `SELECT p.conversation_id FROM participants p
  WHERE p.user_id = $1 AND p.conversation_id > $2 ORDER BY p.conversation_id LIMIT $3`;
const FORMER = `SELECT f.conversation_id, f.from_seq::float8, f.to_seq::float8 FROM former_memberships f
  WHERE f.user_id = $1 AND (f.conversation_id, f.from_seq) > ($2::uuid, $3::bigint)
  ORDER BY f.conversation_id, f.from_seq LIMIT 1`;
const OWN = `SELECT ${COLUMNS}, 'sent' FROM messages m WHERE m.conversation_id = $1 AND m.seq > $2 AND m.seq <= $3
  AND m.sender_id = $4 AND m.kind = 'message' ORDER BY m.seq LIMIT $5`;

/**
 * A user's conversations with all that their membership covers, as they may read it now; and of groups that
 * they have left what they wrote there themselves, and nothing else of them (D9). A page at a time, as fast as
 * it is taken: the next one is read when this one is gone, and the membership is judged again with each (R9).
 */
export async function* exportConversations(
  db: Database,
  userId: string,
): AsyncGenerator<ExportRecord[]> {
  for (let after = FIRST; ;) {
    const rows = await guarded(() =>
      db.query('memberships_to_export', MEMBERSHIPS, [userId, after, CONVERSATIONS_AT_ONCE]),
    );
    const ids = (rows as [string][]).map(([id]) => id);
    for (const one of await readConversations(db, userId, ids, { preview: false })) {
      const { last_message: _, ...conversation } = one;
      yield [{ record: 'conversation', ...conversation }];
      yield* historyOf(db, userId, one.id);
    }
    if (ids.length < CONVERSATIONS_AT_ONCE) break;
    after = ids.at(-1) ?? after;
  }
  yield* writtenElsewhere(db, userId);
}

async function* historyOf(
  db: Database,
  userId: string,
  conversationId: string,
): AsyncGenerator<ExportRecord[]> {
  for (let afterSeq = 0, more = true; more;) {
    const page = { limit: MESSAGES_AT_ONCE, afterSeq };
    const read = await readHistory(db, userId, conversationId, page).catch((error: unknown) => {
      // The membership has ended meanwhile.
      if (error instanceof NotFoundError) return { messages: [], has_more: false };
      throw error;
    });
    yield read.messages.map((message) => ({ record: 'message' as const, ...message }));
    afterSeq = read.messages.at(-1)?.seq ?? afterSeq;
    more = read.has_more;
  }
}

async function* writtenElsewhere(db: Database, userId: string): AsyncGenerator<ExportRecord[]> {
  for (let place: [string, number] = [FIRST, 0]; ;) {
    const [row] = await guarded(() => db.query('next_former', FORMER, [userId, ...place]));
    if (row === undefined) return;
    const [id, fromSeq, toSeq] = row as [string, number, number];
    for (let seq = fromSeq - 1; seq < toSeq;) {
      const end = Math.min(seq + WINDOW, toSeq);
      const values = [id, seq, end, userId, MESSAGES_AT_ONCE];
      const rows = await guarded(() => db.query('own_in_former', OWN, values));
      const own = rows.map(toMessage);
      seq = own.length < MESSAGES_AT_ONCE ? end : (own.at(-1)?.seq ?? end);
      yield own.map((message) => ({
        record: 'own_message' as const,
        ...{ id: message.id, conversation_id: id, created_at: message.created_at },
        ...{ edited_at: message.edited_at, deleted_at: message.deleted_at },
        ...{ message_type: message.message_type, content_encrypted: message.content_encrypted },
        ...{ client_message_id: message.client_message_id, reply_to_id: message.reply_to_id },
      }));
    }
    place = [id, fromSeq];
  }
}
