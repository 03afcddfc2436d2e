import {
  allScheduledWakeups,
  insertForgottenDeliveries,
  overdueWakeups,
  postponeKeepingUp,
  replaceOverdueJobs,
} from '@pern/db/deliveries';
import type { Database } from '@pern/db/connect';
import type { Log } from '@pern/delivery/ports';
import type { DeliveryQueue } from '@pern/redis/deliveryQueue';
import type { QueueMarker } from '@pern/redis/queueMarker';
import type { Metrics } from './metrics';

export interface SweepDeps {
  db: Database;
  queue: DeliveryQueue;
  marker: QueueMarker;
  metrics: Pick<Metrics, 'found'>;
  log: Log;
  /** The sweep's interval: one worker looks in each. */
  intervalMs: number;
  /** The first delay of the backoff, milliseconds. */
  firstMs: number;
}

export interface SweepReport {
  /** Deliveries that were due and whose job was in Redis but had not come. */
  unserved: number;
}

const PAGE = 500;
/** Enough for 20,000 deliveries; what is left is found by the next sweep. */
const PAGES = 40;
/** A wake-up may be this late before anybody worries, milliseconds. */
const GRACE_MS = 1_000;
/** Overdue for so long while no job waits in line: its job will not come any more. */
const STUCK_MS = 5_000;
const SWEEPS_PER_TRUTH_CHECK = 10;

/**
 * Makes Redis fit the rows again: the one place from which jobs come back. Everything is done in
 * pages, and adding a job that exists is no addition, so that a sweep may be cut short, repeated or
 * done by two workers at once. The returned function throws when PostgreSQL or Redis does not answer.
 */
export function createSweep(deps: SweepDeps): () => Promise<SweepReport> {
  let sweeps = 0;
  return async () => {
    await restoreWhatRedisLost(deps);
    // A little less than the interval, or two workers would miss each other's turns.
    if (!(await deps.marker.takeTurn('sweep', deps.intervalMs * 0.8))) return { unserved: 0 };
    const report = await recreateOverdue(deps);
    if (sweeps++ % SWEEPS_PER_TRUTH_CHECK === 0) await checkAgainstTruth(deps);
    return report;
  };
}

/** After a FLUSHALL, or a restart of Redis: a job for every delivery that waits, due or not. */
async function restoreWhatRedisLost({ db, queue, marker, metrics, log }: SweepDeps): Promise<void> {
  const inspection = await marker.inspect();
  if (inspection.state !== 'lost') return;
  const { token } = inspection;
  let restored = 0;
  try {
    let after: string | null = null;
    for (;;) {
      const page = await allScheduledWakeups(db, after, PAGE);
      const missing = await queue.missing(page);
      await queue.add(missing);
      restored += missing.length;
      after = page.at(-1)?.userId ?? null;
      if (page.length < PAGE) break;
      if (!(await marker.continues(token))) return;
    }
    if (await marker.finish(token)) log.info({ restored }, 'the queue was made whole');
  } catch (error) {
    await marker.abandon(token).catch(() => undefined);
    throw error;
  } finally {
    metrics.found('lost', restored);
  }
}

/** Deliveries whose time has passed: a crash between commit and enqueue, a lost or stuck job. */
async function recreateOverdue({
  db,
  queue,
  metrics,
  log,
  firstMs,
}: SweepDeps): Promise<SweepReport> {
  await postponeKeepingUp(db, firstMs, PAGES * PAGE);
  let overdue = 0;
  let stuck = 0;
  let unserved = 0;
  const { waiting } = await queue.depth();
  for (let page = 0; page < PAGES; page += 1) {
    const late = await overdueWakeups(db, GRACE_MS, { limit: PAGE, offset: page * PAGE });
    const missing = await queue.missing(late);
    await queue.add(missing.map((job) => ({ ...job, delayMs: 0 })));
    overdue += missing.length;

    const known = new Set(missing.map(({ jobId }) => jobId));
    const present = late.filter(({ jobId }) => !known.has(jobId));
    unserved += present.length;
    if (waiting === 0) {
      const given = present.filter(({ delayMs }) => delayMs < -STUCK_MS);
      const fresh = await replaceOverdueJobs(
        db,
        given.map(({ userId }) => userId),
      );
      await queue.add(fresh);
      stuck += fresh.length;
    }
    if (late.length < PAGE) break;
  }
  metrics.found('overdue', overdue);
  metrics.found('stuck', stuck);
  if (overdue + stuck > 0) log.info({ overdue, stuck }, 'the sweep enqueued what was overdue');
  return { unserved };
}

/** Somebody has something pending and no row says so: must not happen, and is put right if it does. */
async function checkAgainstTruth({ db, metrics, log }: SweepDeps): Promise<void> {
  let forgotten = 0;
  for (let page = 0; page < PAGES; page += 1) {
    const inserted = await insertForgottenDeliveries(db, PAGE);
    forgotten += inserted;
    if (inserted < PAGE) break;
  }
  metrics.found('forgotten', forgotten);
  if (forgotten > 0) log.warn({ forgotten }, 'deliveries were missing and have been written');
}
