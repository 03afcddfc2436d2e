import {
  type Database,
  overdueWakeups,
  postponeActiveRecipients,
  clearPendingOfUsers,
} from '@chasqui/db';
import type { DeliveryQueue } from '@chasqui/redis';

export interface DueCheckDeps {
  db: Database;
  queue: DeliveryQueue;
  /** The first delay of the backoff, milliseconds. */
  firstMs: number;
}

/** How often the worker checks, milliseconds. With the first delay of 2 s, a first attempt starts within 2.5 s. */
export const DUE_CHECK_INTERVAL_MS = 250;
/** Deliveries per check. When more are due, the workers are overloaded and the jobs are already queued. */
const PAGE = 500;
/** Bull releases a delayed job on time. A job this much later than its row was scheduled for a later time. */
const MISTIMED_MS = 500;

/**
 * Creates a job for every delivery that is due and has none. A send requests a wake-up only when it sets a `pending`
 * mark, and only if the recipient does not acknowledge at once. A recipient who disconnects right after that, or
 * whose server dies, has a delivery but no job. This check depends on the row in PostgreSQL alone (D5), in whatever
 * order send, acknowledgement, disconnect and crash happen.
 *
 * Costs one index probe when nothing is due. Deliveries of active recipients are postponed or cleared and get no job.
 * Several workers may run it at once. The returned function throws when PostgreSQL or Redis does not answer.
 */
export function createDueCheck({ db, queue, firstMs }: DueCheckDeps): () => Promise<void> {
  const readDue = () => overdueWakeups(db, 0, { limit: PAGE, offset: 0 });
  return async () => {
    const candidates = await readDue();
    if (candidates.length === 0) return;
    await postponeActiveRecipients(db, firstMs, PAGE);
    await clearPendingOfUsers(
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
    // While other jobs are queued, promoting a job would only move it to the end of the queue.
    if (mistimed.length === 0 || (await queue.depth()).waiting > 0) return;
    await queue.promote(mistimed.map(({ jobId }) => jobId));
  };
}
