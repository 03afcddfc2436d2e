import type { Database } from '../connection/connect';
import { searchColumns } from './searchNames';
import { usersWithoutSearchKey, writeSearchKeys } from '../statements/instance';

/**
 * Writes the search form of up to `limit` users that have none: users from before the migration, and users that a
 * server of the previous release created. Returns how many rows it found; fewer than `limit` means that none is
 * left. Safe while other workers do the same and while names change.
 */
export async function fillSearchNames(db: Database, limit: number): Promise<number> {
  const users = await usersWithoutSearchKey.rows(db, limit);
  if (users.length === 0) return 0;
  const filled = users.map((user) => ({
    ...user,
    ...searchColumns(user.username, user.displayName),
  }));
  await writeSearchKeys.run(db, JSON.stringify(filled));
  return users.length;
}
