import type { Database } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';

/**
 * Of these ids, those that belong to no user, or to one whose account was deleted. The others stay there until
 * the end of the transaction: a deletion waits for it, and finds what it has made.
 */
export async function unknownUsers(
  db: Database,
  transaction: Transaction,
  userIds: string[],
): Promise<Set<string>> {
  const rows = await db.sequelize.query<{ id: string }>(
    `SELECT u.id FROM users u WHERE u.id = ANY ($1::uuid[]) AND u.deleted_at IS NULL
     ORDER BY u.id FOR KEY SHARE`,
    { bind: [userIds], type: QueryTypes.SELECT, transaction },
  );
  const known = new Set(rows.map(({ id }) => id));
  return new Set(userIds.filter((id) => !known.has(id)));
}
