import type { Database } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';

/**
 * Withdraws an invitation to a group. The caller holds the group's row. Returns false if the user was not invited. A
 * declined invitation stays declined, and the return value does not reveal that.
 */
export async function withdrawInvitation(
  db: Database,
  transaction: Transaction,
  conversationId: string,
  userId: string,
): Promise<boolean> {
  const rows = await db.sequelize.query(
    `UPDATE requests SET state = CASE WHEN state = 'open' THEN 'withdrawn' ELSE state END,
       settled_at = coalesce(settled_at, now())
     WHERE conversation_id = $1 AND to_id = $2 AND kind = 'group' AND state IN ('open', 'declined')
     RETURNING id`,
    { bind: [conversationId, userId], type: QueryTypes.SELECT, transaction },
  );
  return rows.length > 0;
}
