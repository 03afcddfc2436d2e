import type { Database } from '@chasqui/db';
import { pruneTopicEvents } from '@chasqui/topics';
import type { Metrics } from '../observability/metrics';

/** Steps per round. The rest waits for the next round, so that publishes are not starved. */
const STEPS = 20;

/** One round of pruning the logs of topics. Needs no Redis. Several workers share the work. */
export function createTopicPruning(deps: {
  db: Database;
  metrics: Pick<Metrics, 'topicEventsPruned'>;
  /** How long events are kept, milliseconds. */
  keepMs: number;
  stopping: AbortSignal;
}): () => Promise<void> {
  return async () => {
    for (let step = 0; step < STEPS && !deps.stopping.aborted; step += 1) {
      const { pruned, more } = await pruneTopicEvents(deps.db, deps.keepMs);
      deps.metrics.topicEventsPruned(pruned);
      if (!more) return;
    }
  };
}
