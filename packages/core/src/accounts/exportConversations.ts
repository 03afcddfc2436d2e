import { type Database, guarded } from '@chasqui/db';
import { type ExportRecord, NotFoundError } from '@chasqui/protocol';
import { readConversations } from '../conversations/read/readConversations';
import { readHistory } from '../messages/readMessages';
import { membershipsAfter, nextFormerMembership, ownMessagesBetween } from './statements';

const PAGE = 20;
/** Entries per page. At 49,152 bytes of content each, a slow reader holds at most 2.5 MB. */
const MESSAGES_AT_ONCE = 50;
/** Entries searched per statement for the user's own messages. */
const WINDOW = 2_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * A user's conversations with every message that they may read now, then the user's own messages in groups they have
 * left (D9). Each page is read when it is taken, and the membership is checked again for each (R9).
 */
export async function* exportConversations(
  db: Database,
  userId: string,
): AsyncGenerator<ExportRecord[]> {
  for (let after = FIRST; ;) {
    const ids = await guarded(() => membershipsAfter.rows(db, userId, after, PAGE));
    for (const one of await readConversations(db, userId, ids, { preview: false })) {
      const { last_message: _, ...conversation } = one;
      yield [{ record: 'conversation', ...conversation }];
      yield* historyOf(db, userId, one.id);
    }
    if (ids.length < PAGE) break;
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
      // The membership ended in the meantime.
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
    const former = await guarded(() => nextFormerMembership.row(db, userId, ...place));
    if (former === undefined) return;
    const { conversationId: id, fromSeq, toSeq } = former;
    for (let seq = fromSeq - 1; seq < toSeq;) {
      const end = Math.min(seq + WINDOW, toSeq);
      const own = await guarded(() =>
        ownMessagesBetween.rows(db, id, seq, end, userId, MESSAGES_AT_ONCE),
      );
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
