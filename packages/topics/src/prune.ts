import type { Database } from '@chasqui/db';
import { deleteOldEvents, logNames } from './statements';

/** Events per statement. A publish to the log waits for it, a few milliseconds. */
const AT_ONCE = 500;

/**
 * One step of pruning: deletes events that are older than `keepMs`, at most 500 per log. `more` is true when there may
 * be others. Several workers may prune at the same time.
 */
export async function pruneTopicEvents(
  db: Database,
  keepMs: number,
): Promise<{ pruned: number; more: boolean }> {
  let pruned = 0;
  let more = false;
  for (const name of await logNames.rows(db)) {
    const gone = (await deleteOldEvents.row(db, name, keepMs, AT_ONCE)) ?? 0;
    pruned += gone;
    more ||= gone === AT_ONCE;
  }
  return { pruned, more };
}
