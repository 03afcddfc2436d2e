import { expireMessages, limitRetention, announceTombstones } from '@chasqui/core';
import type { Bus } from '@chasqui/core/ports';
import type { Database } from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import type { Metrics } from '../observability/metrics';

export interface RetentionDeps {
  db: Database;
  bus: Bus;
  metrics: Pick<Metrics, 'expired'>;
  log: Log;
  /** Maximum age of content in this instance, seconds; null for no limit. */
  maxS: number | null;
  /** Monotonic clock, milliseconds. */
  now: () => number;
  stopping: AbortSignal;
}

/** Steps per round. The rest waits a second, so that sends are not starved. */
const STEPS = 20;
const LIMITED_EVERY_MS = 3_600_000;

/**
 * One round of retention: deletes expired content and notifies live clients. Needs no Redis: without it the nodes
 * poll, and missed notifications are sent when it returns (D11). Several workers share the work.
 */
export function createRetention(deps: RetentionDeps): () => Promise<void> {
  const { db, bus, metrics, log, maxS, stopping } = deps;
  let limitedAt: number | undefined;

  async function limit(): Promise<void> {
    if (maxS === null || deps.now() - (limitedAt ?? -Infinity) < LIMITED_EVERY_MS) return;
    const limited = await limitRetention(db, maxS, stopping);
    if (limited > 0) log.info({ limited, maxS }, 'applied the retention limit to conversations');
    limitedAt = deps.now();
  }

  return async () => {
    await limit();
    for (let step = 0; step < STEPS && !stopping.aborted; step += 1) {
      const { expired, more } = await expireMessages(db);
      metrics.expired(expired);
      if (!more) break;
    }
    // Includes tombstones of other workers and of deletions.
    for (let step = 0; step < STEPS && !stopping.aborted; step += 1) {
      if ((await announceTombstones(db, bus)) === 0) break;
    }
  };
}
