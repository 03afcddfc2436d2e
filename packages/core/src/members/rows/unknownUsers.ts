import { inTransaction } from '@chasqui/db';
import type { Transaction } from 'sequelize';
import { existingUsers } from './statements';

/**
 * Those of these ids that belong to no user or to a deleted account. The accounts of the others cannot be deleted until
 * the transaction ends; a deletion waits for it and finds what it created.
 */
export async function unknownUsers(
  transaction: Transaction,
  userIds: string[],
): Promise<Set<string>> {
  const existing = new Set(await existingUsers.rows(inTransaction(transaction), userIds));
  return new Set(userIds.filter((id) => !existing.has(id)));
}
