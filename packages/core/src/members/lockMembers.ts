import type { Database } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';

/**
 * Locks the rows of these members together with those that `openResting` will open, all in one order:
 * acknowledgements lock several rows of a conversation in this order too, and taking one row after the
 * other would meet them half-way (deadlock). The caller holds the conversation's row.
 */
export async function lockMembers(
  db: Database,
  transaction: Transaction,
  conversationId: string,
  userIds: string[],
): Promise<void> {
  await db.sequelize.query(
    `SELECT FROM participants
     WHERE conversation_id = $conversationId AND (NOT open OR user_id = ANY ($userIds::uuid[]))
     ORDER BY conversation_id, user_id FOR NO KEY UPDATE`,
    { bind: { conversationId, userIds }, type: QueryTypes.SELECT, transaction },
  );
}
