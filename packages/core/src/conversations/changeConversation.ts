import { guarded, withTransaction } from '@chasqui/db';
import { type Conversation, type ConversationEvent, NotFoundError } from '@chasqui/protocol';
import { QueryTypes } from 'sequelize';
import { lockConversation, openResting } from './lockConversation';
import type { Entry } from '../ports/index';
import { checkMaySetRetention } from '../retention/checkMaySetRetention';
import { retentionChange, type PresentRetention } from '../retention/retentionChange';
import { appendEvent, type RowChange } from './appendEvent';
import { checkMayRename } from './group/checkMayRename';
import type { ChangeDeps } from './changeDeps';
import { announceGroupUpdate, readGroupUpdate } from './group/groupUpdate';
import { readConversations } from './read/readConversations';

interface Deps extends ChangeDeps {
  /** Longest retention that the instance allows, seconds; null: unlimited. */
  maxRetentionS?: number | null;
}

/** The fields to change; omitted fields stay unchanged. */
export interface ConversationChange {
  title?: string | undefined;
  /** Seconds for which the content of future messages is kept; null: forever. */
  retentionS?: number | null | undefined;
  /** Also applies the retention to existing messages. In a direct conversation this requires both users to ask for it. */
  applyToHistory?: boolean | undefined;
}

const PRESENT = `SELECT c.type, c.title, c.retention_s AS "retentionS", c.barred, p.role,
    c.history_request_by AS "historyRequestBy", c.history_request_s AS "historyRequestS",
    c.history_limit_s AS "historyLimitS"
  FROM conversations c JOIN participants p ON p.conversation_id = c.id AND p.user_id = $2 WHERE c.id = $1`;
const KEEP = `UPDATE conversations SET retention_s = $2, history_request_by = $3, history_request_s = $4 WHERE id = $1`;
const APPLY = 'SELECT apply_retention_to_history($1, $2)';

/**
 * Applies all changes or none. Values that are already set change nothing and announce nothing. Each change appends an
 * event entry, and all of them share one `conversation:updated`. Throws NotFoundError unless the user is a participant
 * (D9), and the ForbiddenError and ValidationError of `checkMayRename` and `checkMaySetRetention`.
 */
export async function changeConversation(
  { db, announce, maxRetentionS = null }: Deps,
  userId: string,
  conversationId: string,
  { title, retentionS, applyToHistory = false }: ConversationChange,
): Promise<Conversation> {
  return guarded(async () => {
    const { conversation, update, entries } = await withTransaction(db, async (transaction) => {
      const locked = await lockConversation(db, transaction, conversationId);
      // Memberships and roles change only under this lock, so this state is valid until the commit.
      const [present] = await db.sequelize.query<PresentRetention>(PRESENT, {
        ...{ bind: [conversationId, userId], type: QueryTypes.SELECT, transaction },
      });
      if (locked === undefined || present === undefined) throw new NotFoundError();
      if (title !== undefined) checkMayRename(present);
      if (retentionS !== undefined) checkMaySetRetention(present, retentionS, maxRetentionS);

      const renames = title !== undefined && title !== present.title;
      const retention =
        retentionS === undefined
          ? undefined
          : retentionChange(present, userId, retentionS, applyToHistory);
      if (renames || retention !== undefined) await openResting(db, transaction, locked);
      let group = locked;
      const entries: Entry[] = [];
      const append = async (event: ConversationEvent, row: RowChange = {}): Promise<void> => {
        const appended = await appendEvent(db, transaction, group, userId, event, row);
        group = appended.group;
        entries.push(appended.entry);
      };
      if (renames) await append({ type: 'title', title }, { title });
      if (retention !== undefined) {
        const { event, request } = retention;
        await db.sequelize.query(KEEP, {
          bind: [conversationId, event.retention_s, request?.by ?? null, request?.seconds ?? null],
          transaction,
        });
        if (event.apply_to_history) {
          const bind = [conversationId, event.retention_s];
          await db.sequelize.query(APPLY, { bind, transaction });
        }
        await append(event);
      }
      const [conversation] = await readConversations(db, userId, [conversationId], {
        ...{ preview: false, transaction },
      });
      return {
        ...{ conversation, entries },
        update: entries.length > 0 ? await readGroupUpdate(db, transaction, group) : undefined,
      };
    });
    if (update !== undefined) announceGroupUpdate(announce, update, entries);
    if (conversation === undefined) throw new NotFoundError();
    return conversation;
  });
}
