import type { Log, Wakeups } from '@pern/delivery/ports';
import type { DeliveryQueue, QueueDepth, WakeupJob } from './deliveryQueue';

/** What the alarm clock asks PostgreSQL, which knows who is really waiting. */
export interface WaitingRows {
  /** Of these users those who have something waiting, each with the job that is to wake them. */
  waitingJobs(userIds: string[]): Promise<WakeupJob[]>;
  /**
   * For those of these users who have waited long or were given up: begins the backoff anew and
   * returns the new job beside the id of the one that it replaces.
   */
  restartBackoff(userIds: string[]): Promise<(WakeupJob & { formerJobId: string })[]>;
}

export interface NodeWakeups extends Wakeups {
  /**
   * The user came back and is being sent what is waiting: the backoff starts anew, a dead delivery
   * lives again, and the queue is emptied soon after the acknowledgements. Never throws, never waits.
   */
  promote(userId: string): void;
  /** Jobs in the queue, or null while Redis does not say. Never throws. */
  depth(): Promise<QueueDepth | null>;
  /** Calls that Redis or PostgreSQL failed since the start; the sweep makes up for them. */
  failures(): number;
  /** Hands over what was gathered, within a second. A second call does nothing. */
  close(): Promise<void>;
}

export interface WakeupOptions {
  queue: DeliveryQueue;
  rows: WaitingRows;
  log: Log;
  /** How long users are gathered before one query and one call to Redis, milliseconds. */
  gatherMs?: number;
}

/** More than this at once is left to the sweep: it does not need memory for it. */
const MOST_GATHERED = 20_000;
const USERS_PER_BATCH = 500;

/**
 * Gathers for a moment, long enough for most to have acknowledged, then asks PostgreSQL who is still
 * waiting: recipients who were there cost no call to Redis at all, and the job id comes from the row, so that a second
 * node or the sweep asking for the same wake-up makes no second job.
 */
export function createWakeups(options: WakeupOptions): NodeWakeups {
  const { queue, rows, log, gatherMs = 300 } = options;
  const waiting = new Set<string>();
  const returned = new Set<string>();
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let closed = false;

  const enqueue = async (userIds: string[]): Promise<void> => {
    await queue.add(await rows.waitingJobs(userIds));
  };

  const restart = async (userIds: string[]): Promise<void> => {
    const jobs = await rows.restartBackoff(userIds);
    await queue.add(jobs);
    // The former jobs find that they are stale; promoted, they do so now and not in ten minutes.
    await queue.promote(jobs.map(({ formerJobId }) => formerJobId));
  };

  const drain = async (from: Set<string>, work: (userIds: string[]) => Promise<void>) => {
    while (from.size > 0) {
      const batch = [...from].slice(0, USERS_PER_BATCH);
      for (const userId of batch) from.delete(userId);
      if (!queue.reachable()) {
        failures += 1;
        continue;
      }
      try {
        await work(batch);
      } catch (error) {
        failures += 1;
        log.warn({ err: error, users: batch.length }, 'wake-ups are left to the sweep');
      }
    }
  };

  const run = async (): Promise<void> => {
    await drain(waiting, enqueue);
    await drain(returned, restart);
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

  const gather = (into: Set<string>, userIds: string[]): void => {
    for (const userId of userIds) {
      if (into.size < MOST_GATHERED) into.add(userId);
    }
    if (into.size > 0) schedule();
  };

  return {
    enqueueAfterCommit: (userIds) => gather(waiting, userIds),
    promote: (userId) => gather(returned, [userId]),
    async depth() {
      if (!queue.reachable()) return null;
      return queue.depth().catch(() => null);
    },
    failures: () => failures,
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      let deadline: NodeJS.Timeout | undefined;
      await Promise.race([
        Promise.resolve(running).then(run),
        new Promise((resolve) => (deadline = setTimeout(resolve, 1_000))),
      ]);
      clearTimeout(deadline);
      await queue.close();
    },
  };
}
