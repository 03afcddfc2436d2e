import type { Database } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';

/** Whether this user may not sign in. */
export async function isSuspended(
  db: Database,
  userId: string,
  transaction?: Transaction,
): Promise<boolean> {
  const rows = await db.sequelize.query('SELECT 1 FROM suspensions WHERE user_id = $userId', {
    bind: { userId },
    type: QueryTypes.SELECT,
    ...(transaction === undefined ? {} : { transaction }),
  });
  return rows.length > 0;
}
