import { inTransaction } from '@chasqui/db';
import type { Transaction } from 'sequelize';
import { lockMemberRows } from './statements';

/**
 * Locks the rows of these members and those that `openResting` will open, in one order. Acknowledgements lock several
 * rows of a conversation in this order too; locking row after row here would deadlock with them. The caller holds the
 * conversation's row.
 */
export async function lockMembers(
  transaction: Transaction,
  conversationId: string,
  userIds: string[],
): Promise<void> {
  await lockMemberRows.run(inTransaction(transaction), conversationId, userIds);
}
