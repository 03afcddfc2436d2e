import { withTransaction } from '@pern/db/connect';
import { guarded } from '@pern/db/storeErrors';
import type { Conversation, ConversationRole } from '@pern/protocol/conversation';
import { ForbiddenError, NotFoundError, ValidationError } from '@pern/protocol/errors';
import { QueryTypes } from 'sequelize';
import { barredError, type Bar } from '../barred';
import type { ConversationDeps } from '../conversations/conversationDeps';
import { announceGroupUpdate, readGroupUpdate } from '../conversations/groupUpdate';
import { readConversations } from '../conversations/readConversations';
import { lockConversation, openResting } from '../lockConversation';

interface RetentionDeps extends ConversationDeps {
  /** Seconds that the instance allows at most; null: for ever. */
  maxS: number | null;
}

// Due at once: the next step of the worker finds what has been too old since before, and when to come again.
const SET = `UPDATE conversations SET retention_s = $2, version = version + 1,
    next_expiry_at = CASE WHEN $2::integer IS NOT NULL AND last_seq > expired_seq THEN now() END
  WHERE id = $1`;
const PRESENT = `SELECT c.retention_s AS "retentionS", c.barred, p.role FROM conversations c
  JOIN participants p ON p.conversation_id = c.id AND p.user_id = $2 WHERE c.id = $1`;

/**
 * Sets for how many seconds a conversation keeps content, null: for ever. In groups an admin may; in a direct
 * conversation either of the two, for what is said there is both's. Holds for what is there already. What
 * it has already changes nothing; while one of the two blocks the other it is refused. Everybody is told by `conversation:updated`; its place in lists stays.
 */
export async function setRetention(
  { db, announce, maxS }: RetentionDeps,
  userId: string,
  conversationId: string,
  seconds: number | null,
): Promise<Conversation> {
  return guarded(async () => {
    const { conversation, update } = await withTransaction(db, async (transaction) => {
      const locked = await lockConversation(db, transaction, conversationId);
      const [present] = await db.sequelize.query<{
        retentionS: number | null;
        barred: Bar | null;
        role: ConversationRole;
      }>(PRESENT, { bind: [conversationId, userId], type: QueryTypes.SELECT, transaction });
      if (locked === undefined || present === undefined) throw new NotFoundError();
      if (locked.type === 'group' && present.role !== 'admin') {
        throw new ForbiddenError('only an admin may change how long content is kept');
      }
      // What was said before a block may be what it was for.
      if (present.barred === 'blocked') throw barredError(present.barred);
      if (maxS !== null && (seconds ?? Infinity) > maxS) {
        const message = `must be at most ${maxS}: this instance keeps nothing for longer`;
        throw new ValidationError(`retention_s ${message}`, [{ path: 'retention_s', message }]);
      }
      const changes = present.retentionS !== seconds;
      if (changes) {
        await openResting(db, transaction, locked);
        await db.sequelize.query(SET, { bind: [conversationId, seconds], transaction });
      }
      const [conversation] = await readConversations(db, userId, [conversationId], {
        preview: false,
        transaction,
      });
      return {
        conversation,
        update: changes ? await readGroupUpdate(db, transaction, locked) : undefined,
      };
    });
    if (update !== undefined) announceGroupUpdate(announce, update, []);
    if (conversation === undefined) throw new NotFoundError();
    return conversation;
  });
}
