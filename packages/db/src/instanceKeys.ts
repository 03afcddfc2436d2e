import type { Database } from './connect';

export interface InstanceKeys {
  /** For digests of what was first sent under a client message id (D2). */
  digestKey: Buffer;
  /** For signatures of sync cursors. */
  cursorKey: Buffer;
}

/** Keys that all nodes of an instance share; made by the first migration and never changed. */
export async function readInstanceKeys(db: Database): Promise<InstanceKeys> {
  const rows = await db.query('instance_keys', 'SELECT key, value FROM instance', []);
  const keys = new Map(rows.map(([key, value]) => [key, value]));
  const digestKey = keys.get('digest_key');
  const cursorKey = keys.get('cursor_key');
  if (!Buffer.isBuffer(digestKey) || !Buffer.isBuffer(cursorKey)) {
    throw new Error('the database has no instance keys: run the migrations');
  }
  return { digestKey, cursorKey };
}
