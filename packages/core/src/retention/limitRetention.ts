import { type Database, guarded, withTransaction } from '@chasqui/db';
import { lockConversation, openResting } from '../conversations/lockConversation';

const BEYOND = `SELECT id FROM conversations WHERE id > $2 AND (history_limit_s IS NULL OR history_limit_s > $1)
  ORDER BY id LIMIT $3`;
const LIMIT = `UPDATE conversations SET retention_s = least(retention_s, $2), version = version + 1 WHERE id = $1`;
const LIMIT_HISTORY = 'SELECT apply_retention_to_history($1, $2)';
const PAGE = 500;
const NOWHERE = '00000000-0000-0000-0000-000000000000';

/**
 * Gives every conversation that keeps content for longer than the instance allows this many seconds. One
 * at a time, so that it may be cut short and repeated; clients find it by sync. Resolves to how many there were.
 */
export function limitRetention(db: Database, maxS: number, stopping: AbortSignal): Promise<number> {
  return guarded(async () => {
    for (let limited = 0, after = NOWHERE; ;) {
      const page = await db.query('beyond_retention', BEYOND, [maxS, after, PAGE]);
      for (const [id] of page as [string][]) {
        if (stopping.aborted) return limited;
        await withTransaction(db, async (transaction) => {
          const locked = await lockConversation(db, transaction, id);
          if (locked === undefined) return;
          await openResting(db, transaction, locked);
          await db.sequelize.query(LIMIT, { bind: [id, maxS], transaction });
          // The operator's limit holds for everything that is stored, whatever was promised when it was sent.
          await db.sequelize.query(LIMIT_HISTORY, { bind: [id, maxS], transaction });
        });
        limited += 1;
        after = id;
      }
      if (page.length < PAGE) return limited;
    }
  });
}
