import {
  column,
  command,
  type Database,
  guarded,
  inTransaction,
  statement,
  text,
  withTransaction,
} from '@chasqui/db';
import { lockConversation, openResting } from '../conversations/lockConversation';

const beyondLimit = statement(
  'beyond_retention',
  `SELECT id FROM conversations
   WHERE id > $2::uuid AND (history_limit_s IS NULL OR history_limit_s > $1::integer)
   ORDER BY id LIMIT $3::integer`,
  column(text),
);

const lowerRetention = command(
  'lower_retention',
  `UPDATE conversations SET retention_s = least(retention_s, $2::integer), version = version + 1
   WHERE id = $1::uuid`,
);

const lowerHistoryRetention = command(
  'lower_history_retention',
  'SELECT apply_retention_to_history($1::uuid, $2::integer)',
);

const PAGE = 500;
const NOWHERE = '00000000-0000-0000-0000-000000000000';

/**
 * Lowers the retention of every conversation that exceeds the instance's limit to that many seconds, one conversation
 * per transaction, so it may be interrupted and repeated; clients find the change by sync. Resolves with the number of
 * conversations.
 */
export function limitRetention(db: Database, maxS: number, stopping: AbortSignal): Promise<number> {
  return guarded(async () => {
    for (let limited = 0, after = NOWHERE; ;) {
      const page = await beyondLimit.rows(db, maxS, after, PAGE);
      for (const id of page) {
        if (stopping.aborted) return limited;
        await withTransaction(db, async (transaction) => {
          const locked = await lockConversation(transaction, id);
          if (locked === undefined) return;
          await openResting(transaction, locked);
          const on = inTransaction(transaction);
          await lowerRetention.run(on, id, maxS);
          // The operator's limit also applies to stored messages, whatever retention they were sent under.
          await lowerHistoryRetention.run(on, id, maxS);
        });
        limited += 1;
        after = id;
      }
      if (page.length < PAGE) return limited;
    }
  });
}
