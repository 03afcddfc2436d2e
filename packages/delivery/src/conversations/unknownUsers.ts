import type { Database } from '@pern/db/connect';
import { QueryTypes, type Transaction } from 'sequelize';

/** Of these ids, those that belong to no user. */
export async function unknownUsers(
  db: Database,
  transaction: Transaction,
  userIds: string[],
): Promise<Set<string>> {
  const rows = await db.sequelize.query<{ id: string }>(
    'SELECT i.id FROM unnest($1::uuid[]) AS i (id) WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = i.id)',
    { bind: [userIds], type: QueryTypes.SELECT, transaction },
  );
  return new Set(rows.map(({ id }) => id));
}
