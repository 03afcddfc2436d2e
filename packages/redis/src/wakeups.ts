import type { Log, Wakeups } from '@pern/delivery/ports';
import type { DeliveryQueue, QueueDepth, WakeupJob } from './deliveryQueue';

/** What the alarm clock asks PostgreSQL, which knows who is really waiting. */
export interface WaitingRows {
  /** Of these users those for whom something has waited so long, each with the job that is to wake them. */
  waitingJobs(userIds: string[], forMs: number): Promise<WakeupJob[]>;
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
  /** How long a recipient has to acknowledge before one query and one call to Redis for all, milliseconds. */
  gatherMs?: number;
  /** Milliseconds that only go on; the process's own unless told. */
  now?: () => number;
}

/** More than this at once is left to the sweep: it does not need memory for it. */
const MOST_GATHERED = 20_000;
const USERS_PER_BATCH = 500;
/** What is asked for is older than the question by so much at least. */
const ASKING_MS = 50;

/**
 * Gathers for a moment, long enough for most to have acknowledged, then asks PostgreSQL for whom something has
 * waited as long: recipients who were there cost no call to Redis at all, also those to whom somebody writes all
 * the time. The job id comes from the row, so that a second node or the sweep asking for the same wake-up
 * makes no second job.
 */
export function createWakeups(options: WakeupOptions): NodeWakeups {
  const { queue, rows, log, gatherMs = 300, now = () => performance.now() } = options;
  /** Since when, by the clock of this process; the longest first. */
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
    // The former jobs find that they are stale; promoted, they do so now and not in ten minutes.
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
        log.warn({ err: error, users: batch.length }, 'wake-ups are left to the sweep');
      }
    }
  };

  /** Those who had their time. */
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
