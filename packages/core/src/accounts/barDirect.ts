import { type Database, withTransaction } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';
import type { ChangeDeps } from '../conversations/changeDeps';
import { conversationUpdated } from '../events/conversationEvents';
import { readGroupUpdate } from '../conversations/group/groupUpdate';
import { lockMembers } from '../members/rows/lockMembers';
import { lockConversation, openResting } from '../conversations/lockConversation';

/**
 * Bars a direct conversation permanently because one of its accounts was deleted. It accepts no more messages (R10)
 * and causes no more wake-ups. The other user keeps its messages and their own position, and receives the anonymized
 * name by an event or the next sync (D7). A second call only raises the version.
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
    await barAndClear(db, transaction, userId, conversationId);
    const conversation = { ...held, version: held.version + 1 };
    return readGroupUpdate(db, transaction, conversation);
  });
  if (update === undefined) return;
  const { group, conversation } = update;
  announce.toMembers(group.membersVersion, conversationUpdated(conversation, null));
}

/** Bars the conversation, clears the deleted user's state in it, and records the progress last. */
async function barAndClear(
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
