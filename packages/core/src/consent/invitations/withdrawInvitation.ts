import type { Database } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';

/**
 * Takes an invitation to a group back. The caller holds the group's row. False when the user was not invited; a declined
 * invitation stays declined, and that is not told.
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
