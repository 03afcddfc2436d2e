import type { Database } from '@pern/db/connect';
import { overdueWakeups, postponeKeepingUp, settleCaughtUp } from '@pern/db/deliveries';
import type { DeliveryQueue } from '@pern/redis/deliveryQueue';

export interface DueCheckDeps {
  db: Database;
  queue: DeliveryQueue;
  /** The first delay of the backoff, milliseconds. */
  firstMs: number;
}

/** How often the worker checks, milliseconds. With the first delay of 2 s, a first attempt starts within 2.5 s. */
export const DUE_CHECK_INTERVAL_MS = 250;
/** Deliveries per check. When more are due, the workers are behind and their jobs are already in line. */
const PAGE = 500;
/** A delayed job comes by itself when it is due; this long after, it is delayed to a later time. */
const MISTIMED_MS = 500;

/**
 * Makes a job for every delivery that is due and has none. A send asks for a wake-up only when it sets a mark, and
 * only if the recipient does not acknowledge at once; so a recipient who leaves, or whose server dies, right after
 * that has a delivery and no job. The row in PostgreSQL is the only thing this needs (D5), whatever the order of
 * send, acknowledgement, disconnect and crash.
 *
 * Costs one index probe when nothing is due. Active recipients are postponed or settled and get no job. Safe to run
 * in several workers at once. The returned function throws when PostgreSQL or Redis does not answer.
 */
export function createDueCheck({ db, queue, firstMs }: DueCheckDeps): () => Promise<void> {
  const readDue = () => overdueWakeups(db, 0, { limit: PAGE, offset: 0 });
  return async () => {
    const candidates = await readDue();
    if (candidates.length === 0) return;
    await postponeKeepingUp(db, firstMs, PAGE);
    await settleCaughtUp(
      db,
      candidates.map(({ userId }) => userId),
    );
    const due = await readDue();
    const missing = await queue.missing(due);
    await queue.add(missing.map((job) => ({ ...job, delayMs: 0 })));

    const added = new Set(missing.map(({ jobId }) => jobId));
    const mistimed = due.filter(
      ({ jobId, delayMs }) => !added.has(jobId) && delayMs < -MISTIMED_MS,
    );
    // Behind a queue in line nothing is gained by moving a job to its end.
    if (mistimed.length === 0 || (await queue.depth()).waiting > 0) return;
    await queue.promote(mistimed.map(({ jobId }) => jobId));
  };
}
