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
  /** Longest retention that the instance allows, seconds; null: forever. */
  maxRetentionS?: number | null;
}

/** What is to be different; what is not named stays. */
export interface ConversationChange {
  title?: string | undefined;
  /** Seconds for which content that is sent from now on is kept; null: for ever. */
  retentionS?: number | null | undefined;
  /** The same for what has been sent already. In a direct conversation it takes effect once both have asked for it. */
  applyToHistory?: boolean | undefined;
}

const PRESENT = `SELECT c.type, c.title, c.retention_s AS "retentionS", c.barred, p.role,
    c.history_request_by AS "historyRequestBy", c.history_request_s AS "historyRequestS",
    c.history_limit_s AS "historyLimitS"
  FROM conversations c JOIN participants p ON p.conversation_id = c.id AND p.user_id = $2 WHERE c.id = $1`;
const KEEP = `UPDATE conversations SET retention_s = $2, history_request_by = $3, history_request_s = $4 WHERE id = $1`;
const APPLY = 'SELECT apply_retention_to_history($1, $2)';

/**
 * Makes all of the changes or none: somebody who may not make one of them makes none. A change to what is already the
 * case does nothing and tells nobody. Everybody is told by an entry of the history for each change and by one
 * `conversation:updated`. Throws NotFoundError to strangers (D9), ForbiddenError and ValidationError as
 * `checkMayRename` and `checkMaySetRetention` do.
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
      // Memberships and roles change under this lock alone, so what is read now holds until the commit.
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
