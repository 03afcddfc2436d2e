import {
  allScheduledWakeups,
  type Database,
  insertMissingDeliveries,
  overdueWakeups,
  postponeActiveRecipients,
  replaceOverdueJobs,
} from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import type { DeliveryQueue, QueueMarker } from '@chasqui/redis';
import type { Metrics } from '../observability/metrics';

export interface SweepDeps {
  db: Database;
  queue: DeliveryQueue;
  marker: QueueMarker;
  metrics: Pick<Metrics, 'found'>;
  log: Log;
  /** Interval of the sweep, milliseconds. One worker sweeps per interval. */
  intervalMs: number;
  /** The first delay of the backoff, milliseconds. */
  firstMs: number;
}

export interface SweepReport {
  /** Overdue deliveries whose job Redis holds but has not handed out. */
  unserved: number;
}

const PAGE = 500;
/** 20,000 deliveries; the next sweep finds the rest. */
const PAGES = 40;
/** A wake-up may be this late before the sweep acts, milliseconds. */
const GRACE_MS = 1_000;
/** Overdue by this much while no job is queued: the job is stuck, milliseconds. */
const STUCK_MS = 5_000;
const SWEEPS_PER_ROW_CHECK = 10;

/**
 * Reconciles Redis with the delivery rows. Only this and the due check recreate jobs. It works in pages, and adding
 * an existing job is a no-op, so a sweep may be interrupted, repeated, or run by two workers at once. The returned
 * function throws when PostgreSQL or Redis does not answer.
 */
export function createSweep(deps: SweepDeps): () => Promise<SweepReport> {
  let sweeps = 0;
  return async () => {
    await restoreLostJobs(deps);
    // Slightly less than the interval, or two workers would miss each other's turns.
    if (!(await deps.marker.takeTurn('sweep', deps.intervalMs * 0.8))) return { unserved: 0 };
    const report = await recreateOverdue(deps);
    if (sweeps++ % SWEEPS_PER_ROW_CHECK === 0) await insertMissingRows(deps);
    return report;
  };
}

/** After a FLUSHALL or a restart of Redis: creates a job for every pending delivery, due or not. */
async function restoreLostJobs({ db, queue, marker, metrics, log }: SweepDeps): Promise<void> {
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
    if (await marker.finish(token)) log.info({ restored }, 'restored the jobs that Redis had lost');
  } catch (error) {
    await marker.abandon(token).catch(() => undefined);
    throw error;
  } finally {
    metrics.found('lost', restored);
  }
}

/**
 * Enqueues overdue deliveries: after a crash between commit and enqueue, or when a job was lost or is stuck.
 */
async function recreateOverdue({
  db,
  queue,
  metrics,
  log,
  firstMs,
}: SweepDeps): Promise<SweepReport> {
  await postponeActiveRecipients(db, firstMs, PAGES * PAGE);
  let overdue = 0;
  let stuck = 0;
  let unserved = 0;
  const { waiting } = await queue.depth();
  for (let page = 0; page < PAGES; page += 1) {
    const late = await overdueWakeups(db, GRACE_MS, { limit: PAGE, offset: page * PAGE });
    const missing = await queue.missing(late);
    await queue.add(missing.map((job) => ({ ...job, delayMs: 0 })));
    overdue += missing.length;

    const added = new Set(missing.map(({ jobId }) => jobId));
    const present = late.filter(({ jobId }) => !added.has(jobId));
    unserved += present.length;
    if (waiting === 0) {
      const stuckJobs = present.filter(({ delayMs }) => delayMs < -STUCK_MS);
      const fresh = await replaceOverdueJobs(
        db,
        stuckJobs.map(({ userId }) => userId),
      );
      await queue.add(fresh);
      stuck += fresh.length;
    }
    if (late.length < PAGE) break;
  }
  metrics.found('overdue', overdue);
  metrics.found('stuck', stuck);
  if (overdue + stuck > 0) log.info({ overdue, stuck }, 'the sweep enqueued overdue deliveries');
  return { unserved };
}

/** Repairs users with a pending mark but no delivery row. That should never happen. */
async function insertMissingRows({ db, metrics, log }: SweepDeps): Promise<void> {
  let forgotten = 0;
  for (let page = 0; page < PAGES; page += 1) {
    const inserted = await insertMissingDeliveries(db, PAGE);
    forgotten += inserted;
    if (inserted < PAGE) break;
  }
  metrics.found('forgotten', forgotten);
  if (forgotten > 0) log.warn({ forgotten }, 'inserted missing delivery rows');
}
