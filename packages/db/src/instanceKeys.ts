import type { Database } from './connect';

/** The key for signatures of sync cursors: all nodes of an instance share it; made by a migration, never changed. */
export async function readCursorKey(db: Database): Promise<Buffer> {
  const [row] = await db.query(
    'cursor_key',
    `SELECT value FROM instance WHERE key = 'cursor_key'`,
    [],
  );
  const key = row?.[0];
  if (!Buffer.isBuffer(key))
    throw new Error('the database has no instance keys: run the migrations');
  return key;
}
