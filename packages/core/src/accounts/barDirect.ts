import { type Database, withTransaction } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';
import type { ChangeDeps } from '../conversations/changeDeps';
import { conversationUpdated } from '../events/conversationEvents';
import { readGroupUpdate } from '../conversations/group/groupUpdate';
import { lockMembers } from '../members/lockMembers';
import { lockConversation, openResting } from '../conversations/lockConversation';

/**
 * Ends a direct conversation for good, because the account of one of the two is no more: it takes nothing
 * further (R10), nobody is woken for it, and the other is told the name that is left, by an event or the next sync (D7). What
 * the other has read and what they wrote stays theirs. A second call changes nothing but the version.
 */
export async function barDirect(
  { db, announce }: ChangeDeps,
  userId: string,
  conversationId: string,
): Promise<void> {
  const update = await withTransaction(db, async (transaction) => {
    const held = await lockConversation(db, transaction, conversationId);
    if (held === undefined) return undefined;
    await lockMembers(transaction, conversationId, [userId]);
    await openResting(db, transaction, held);
    await leaveNothing(db, transaction, userId, conversationId);
    const conversation = { ...held, version: held.version + 1 };
    return readGroupUpdate(db, transaction, conversation);
  });
  if (update === undefined) return;
  const { group, conversation } = update;
  announce.toMembers(group.membersVersion, conversationUpdated(conversation, null));
}

/** The note of how far the deletion has come is written last, and waits for nobody. */
async function leaveNothing(
  db: Database,
  transaction: Transaction,
  userId: string,
  conversationId: string,
): Promise<void> {
  const bind = { userId, conversationId };
  for (const statement of [
    `UPDATE conversations SET barred = 'deleted', version = version + 1 WHERE id = $conversationId`,
    `UPDATE participants p SET pending = false, purged_seq = c.last_seq, cursors = '{}',
       delivered_at = NULL, read_at = NULL
     FROM conversations c WHERE c.id = $conversationId AND p.conversation_id = c.id AND p.user_id = $userId`,
    'DELETE FROM watermark_log WHERE conversation_id = $conversationId AND user_id = $userId',
    `UPDATE account_deletions SET directs_after = greatest(directs_after, $conversationId)
     WHERE user_id = $userId`,
  ]) {
    await db.sequelize.query(statement, { bind, type: QueryTypes.UPDATE, transaction });
  }
}
