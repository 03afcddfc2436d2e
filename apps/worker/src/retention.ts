import type { Database } from '@pern/db/connect';
import type { Bus, Log } from '@pern/delivery/ports';
import { expireMessages } from '@pern/delivery/retention/expireMessages';
import { limitRetention } from '@pern/delivery/retention/limitRetention';
import { tellTombstones } from '@pern/delivery/retention/tellTombstones';
import type { Metrics } from './metrics';

export interface RetentionDeps {
  db: Database;
  bus: Bus;
  metrics: Pick<Metrics, 'expired'>;
  log: Log;
  /** Seconds that the instance keeps content at most; null: for ever. */
  maxS: number | null;
  /** Milliseconds by a clock that only rises. */
  now: () => number;
  stopping: AbortSignal;
}

/** Steps in a row: what is left waits a second, so that sends have their turn. */
const STEPS = 20;
const LIMITED_EVERY_MS = 3_600_000;

/**
 * One round of retention: what is due goes, and live clients are told. Needs no Redis: without it the nodes
 * look themselves, and what was not told is told on its return (D11). Rounds of several workers share the work.
 */
export function createRetention(deps: RetentionDeps): () => Promise<void> {
  const { db, bus, metrics, log, maxS, stopping } = deps;
  let limitedAt: number | undefined;

  async function limit(): Promise<void> {
    if (maxS === null || deps.now() - (limitedAt ?? -Infinity) < LIMITED_EVERY_MS) return;
    const limited = await limitRetention(db, maxS, stopping);
    if (limited > 0) log.info({ limited, maxS }, 'conversations kept content for too long');
    limitedAt = deps.now();
  }

  return async () => {
    await limit();
    for (let step = 0; step < STEPS && !stopping.aborted; step += 1) {
      const { expired, more } = await expireMessages(db);
      metrics.expired(expired);
      if (!more) break;
    }
    // Of other batches too, whoever made them.
    for (let step = 0; step < STEPS && !stopping.aborted; step += 1) {
      if ((await tellTombstones(db, bus)) === 0) break;
    }
  };
}
