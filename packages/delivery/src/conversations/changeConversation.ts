import { withTransaction } from '@pern/db/connect';
import { guarded } from '@pern/db/storeErrors';
import type { Conversation } from '@pern/protocol/conversation';
import { NotFoundError } from '@pern/protocol/errors';
import { QueryTypes } from 'sequelize';
import { lockConversation, openResting } from '../lockConversation';
import type { EntryHint } from '../ports';
import { checkMaySetRetention } from '../retention/checkMaySetRetention';
import { appendEvent } from './appendEvent';
import { checkMayRename } from './checkMayRename';
import type { ConversationDeps } from './conversationDeps';
import { announceGroupUpdate, readGroupUpdate } from './groupUpdate';
import type { Present } from './present';
import { readConversations } from './readConversations';

interface ChangeDeps extends ConversationDeps {
  /** Seconds for which the instance keeps content at most; null: for ever. */
  maxS?: number | null;
}

/** What is to be different; what is not named stays. */
export interface ConversationChange {
  title?: string | undefined;
  /** Seconds for which content is kept; null: for ever. Holds for what is there already. */
  retentionS?: number | null | undefined;
}

const PRESENT = `SELECT c.type, c.title, c.retention_s AS "retentionS", c.barred, p.role FROM conversations c
  JOIN participants p ON p.conversation_id = c.id AND p.user_id = $2 WHERE c.id = $1`;
// Due at once: the next step of the worker finds what has been too old since before, and when to come again.
const KEEP = `UPDATE conversations SET retention_s = $2, version = version + 1,
    next_expiry_at = CASE WHEN $2::integer IS NOT NULL AND last_seq > expired_seq THEN now() END
  WHERE id = $1`;

/**
 * Changes all of it or nothing: who may not do one of the things does none. What is there already changes
 * nothing and is told to nobody. Everybody is told by `conversation:updated`, once; of a title also by an entry of the history.
 * Throws NotFoundError to strangers (D9), ForbiddenError and ValidationError as `checkMayRename` and
 * `checkMaySetRetention` do.
 */
export async function changeConversation(
  { db, announce, maxS = null }: ChangeDeps,
  userId: string,
  conversationId: string,
  { title, retentionS }: ConversationChange,
): Promise<Conversation> {
  return guarded(async () => {
    const { conversation, update, entries } = await withTransaction(db, async (transaction) => {
      const locked = await lockConversation(db, transaction, conversationId);
      // Memberships and roles change under this lock alone, so what is read now holds until the commit.
      const [present] = await db.sequelize.query<Present>(PRESENT, {
        ...{ bind: [conversationId, userId], type: QueryTypes.SELECT, transaction },
      });
      if (locked === undefined || present === undefined) throw new NotFoundError();
      if (title !== undefined) checkMayRename(present);
      if (retentionS !== undefined) checkMaySetRetention(present, retentionS, maxS);
      const renames = title !== undefined && title !== present.title;
      const keepsAnew = retentionS !== undefined && retentionS !== present.retentionS;

      const entries: EntryHint[] = [];
      if (renames || keepsAnew) await openResting(db, transaction, locked);
      if (renames) {
        const event = { type: 'title', title } as const;
        entries.push((await appendEvent(db, transaction, locked, userId, event, { title })).entry);
      }
      if (keepsAnew) {
        await db.sequelize.query(KEEP, { bind: [conversationId, retentionS], transaction });
      }
      const [conversation] = await readConversations(db, userId, [conversationId], {
        ...{ preview: false, transaction },
      });
      return {
        ...{ conversation, entries },
        update: renames || keepsAnew ? await readGroupUpdate(db, transaction, locked) : undefined,
      };
    });
    if (update !== undefined) announceGroupUpdate(announce, update, entries);
    if (conversation === undefined) throw new NotFoundError();
    return conversation;
  });
}
