import type { Wakeups } from '@chasqui/core/ports';
import { endsWithin, type Log } from '@chasqui/foundation';
import type { DeliveryQueue, QueueDepth, WakeupJob } from './deliveryQueue';

/** The queries that determine which wake-ups are needed. */
export interface WaitingRows {
  /**
   * Returns those of the users whose oldest unacknowledged message is at least `forMs` old, with their jobs.
   */
  waitingJobs(userIds: string[], forMs: number): Promise<WakeupJob[]>;
  /**
   * Restarts the backoff of those users who were tried before or whose delivery is dead. Returns the new jobs with
   * the ids of the jobs that they replace.
   */
  restartBackoff(userIds: string[]): Promise<(WakeupJob & { formerJobId: string })[]>;
}

export interface NodeWakeups extends Wakeups {
  /**
   * The user has returned and receives the waiting messages: restarts the backoff, revives a dead delivery, and
   * clears the queue soon after the acknowledgements. Never throws or blocks.
   */
  promote(userId: string): void;
  /** Number of jobs; null while Redis does not answer. Never throws. */
  depth(): Promise<QueueDepth | null>;
  /** Failed calls to Redis or PostgreSQL since the start; the sweep makes up for them. */
  failures(): number;
  /** Enqueues the gathered wake-ups within a second. A second call does nothing. */
  close(): Promise<void>;
}

export interface WakeupOptions {
  queue: DeliveryQueue;
  rows: WaitingRows;
  log: Log;
  /** Time for a recipient to acknowledge before a job is requested, milliseconds. */
  gatherMs?: number;
  /** Monotonic clock, milliseconds. */
  now?: () => number;
}

/** More users than this are left to the sweep, to bound memory. */
const MOST_GATHERED = 20_000;
const USERS_PER_BATCH = 500;
/** A message is at least this much older than the query about it. */
const ASKING_MS = 50;
const CLOSES_WITHIN_MS = 1_000;

/**
 * Creates jobs only for recipients whose oldest unacknowledged message is older than `gatherMs`. It gathers users for
 * that long, then asks PostgreSQL about all of them at once. Active recipients cost no call to Redis, even when they
 * receive messages all the time. The job id comes from the row, so a second node or the sweep creates no second job.
 */
export function createWakeups(options: WakeupOptions): NodeWakeups {
  const { queue, rows, log, gatherMs = 300, now = () => performance.now() } = options;
  /** Since when each user waits, longest first. */
  const waiting = new Map<string, number>();
  const returned = new Set<string>();
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let closed = false;

  const enqueue = async (userIds: string[]): Promise<void> => {
    const forMs = closed ? 0 : Math.max(0, gatherMs - ASKING_MS);
    await queue.add(await rows.waitingJobs(userIds, forMs));
  };

  const restart = async (userIds: string[]): Promise<void> => {
    const jobs = await rows.restartBackoff(userIds);
    await queue.add(jobs);
    // The replaced jobs are stale. Promoted, they run and end now instead of in ten minutes.
    await queue.promote(jobs.map(({ formerJobId }) => formerJobId));
  };

  const drain = async (userIds: string[], work: (userIds: string[]) => Promise<void>) => {
    for (let i = 0; i < userIds.length; i += USERS_PER_BATCH) {
      const batch = userIds.slice(i, i + USERS_PER_BATCH);
      if (!queue.reachable()) {
        failures += 1;
        continue;
      }
      try {
        await work(batch);
      } catch (error) {
        failures += 1;
        log.warn({ err: error, users: batch.length }, 'could not enqueue wake-ups; the sweep will');
      }
    }
  };

  /** Users who have waited for `gatherMs`. */
  const takeDue = (): string[] => {
    const latest = closed ? Infinity : now() - gatherMs;
    const due: string[] = [];
    for (const [userId, since] of waiting) {
      if (since > latest) break;
      waiting.delete(userId);
      due.push(userId);
    }
    return due;
  };

  const takeReturned = (): string[] => {
    const all = [...returned];
    returned.clear();
    return all;
  };

  const run = async (): Promise<void> => {
    await drain(takeDue(), enqueue);
    await drain(takeReturned(), restart);
  };

  const schedule = (): void => {
    if (timer !== undefined || running !== undefined || closed) return;
    timer = setTimeout(() => {
      timer = undefined;
      running = run().finally(() => {
        running = undefined;
        if (waiting.size + returned.size > 0) schedule();
      });
    }, gatherMs);
  };

  return {
    enqueueAfterCommit(userIds) {
      const since = now();
      for (const userId of userIds) {
        if (waiting.size < MOST_GATHERED && !waiting.has(userId)) waiting.set(userId, since);
      }
      if (waiting.size > 0) schedule();
    },
    promote(userId) {
      if (returned.size < MOST_GATHERED) returned.add(userId);
      schedule();
    },
    async depth() {
      if (!queue.reachable()) return null;
      return queue.depth().catch(() => null);
    },
    failures: () => failures,
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      await endsWithin(Promise.resolve(running).then(run), CLOSES_WITHIN_MS);
      await queue.close();
    },
  };
}
