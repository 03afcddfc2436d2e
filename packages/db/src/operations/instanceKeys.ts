import type { Database } from '../connection/connect';
import { cursorKey } from '../statements/instance';

/** Returns the key that signs sync cursors. A migration creates it, all nodes share it, and it never changes. */
export async function readCursorKey(db: Database): Promise<Buffer> {
  const key = await cursorKey.row(db);
  if (key === undefined) throw new Error('the database has no instance keys: run npm run migrate');
  return key;
}
