import { command, inTransaction } from '@chasqui/db';
import type { Transaction } from 'sequelize';

const withdraw = command(
  'withdraw_invitation',
  `UPDATE requests SET state = CASE WHEN state = 'open' THEN 'withdrawn' ELSE state END,
     settled_at = coalesce(settled_at, now())
   WHERE conversation_id = $1::uuid AND to_id = $2::uuid AND kind = 'group' AND state IN ('open', 'declined')
   RETURNING id`,
);

/**
 * Withdraws an invitation to a group. The caller holds the group's row. Returns false if the user was not invited. A
 * declined invitation stays declined, and the return value does not reveal that.
 */
export async function withdrawInvitation(
  transaction: Transaction,
  conversationId: string,
  userId: string,
): Promise<boolean> {
  return (await withdraw.run(inTransaction(transaction), conversationId, userId)) > 0;
}
