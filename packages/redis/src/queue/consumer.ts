import Bull from 'bull';
import { endsWithin, type Log } from '@chasqui/foundation';
import {
  BLOCKING_COMMAND_S,
  type RedisConnectionKind,
  type RedisConnections,
} from '../connections/connections';
import { bullPrefix, DELIVERY_QUEUE } from './deliveryQueue';

/** A job as read from Redis, not parsed yet. */
export interface RawJob {
  id: string;
  data: unknown;
}

export interface Consumer {
  /** Jobs taken from the queue since this consumer was created. */
  taken(): number;
  /** Takes no further jobs, waits up to `withinMs` for running ones, and disconnects. */
  stop(withinMs: number): Promise<void>;
}

export interface ConsumerOptions {
  redis: RedisConnections;
  /** May run twice for one job (stalled or lock lost). A rejection removes the job and is logged. */
  handle(job: RawJob): Promise<void>;
  concurrency: number;
  log: Log;
}

const settings: Bull.AdvancedSettings = {
  // A wake-up takes milliseconds; a lock that outlives its worker delays the recipient.
  lockDuration: 15_000,
  lockRenewTime: 5_000,
  stalledInterval: 5_000,
  // After this many stalls Bull fails the job, which removes it; the sweep creates a new one.
  maxStalledCount: 3,
  // Polls the delayed jobs at least this often, in case a notification was lost.
  guardInterval: 1_000,
  retryProcessDelay: 1_000,
  drainDelay: BLOCKING_COMMAND_S,
};

const kinds: Record<'client' | 'subscriber' | 'bclient', RedisConnectionKind> = {
  client: 'patient',
  subscriber: 'listening',
  bclient: 'listening',
};

/**
 * Processes `message_delivery` on its own connections. Starts and keeps running without Redis. Bull only hands out
 * jobs: retries, counts and history are not used.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { redis, concurrency, log } = options;
  const opened: ReturnType<RedisConnections['open']>[] = [];
  const queue = new Bull<unknown>(DELIVERY_QUEUE, {
    prefix: bullPrefix(redis),
    settings,
    createClient(type) {
      const connection = redis.open(kinds[type], `queue-${type}`, redis.queueShard);
      opened.push(connection);
      return connection;
    },
  });
  // Bull would name its connections here, which rejects unhandled when they close before they are ready.
  Object.assign(queue, { setWorkerName: () => Promise.resolve() });

  let taken = 0;
  let stopped = false;
  const atWork = new Set<Promise<void>>();
  // Jobs that are done but not yet reported to Redis by Bull.
  const unsettled = new Set<string>();
  let onSettled: () => void = () => undefined;
  const settle = (job: Bull.Job<unknown>): void => {
    unsettled.delete(String(job.id));
    onSettled();
  };
  const logError = throttled(10_000, (error: Error, suppressed: number) =>
    log.warn({ reason: error.message, suppressed }, 'queue error'),
  );
  queue.on('completed', settle);
  queue.on('failed', (job, error) => {
    settle(job);
    log.warn({ jobId: String(job.id), reason: error.message }, 'a wake-up failed');
  });
  queue.on('error', (error) => {
    // The error does not name its job; none of the pending reports may follow.
    unsettled.clear();
    onSettled();
    if (!stopped) logError(error);
  });
  queue
    .process(concurrency, async (job) => {
      taken += 1;
      unsettled.add(String(job.id));
      const work = options.handle({ id: String(job.id), data: job.data });
      atWork.add(work);
      await work.finally(() => atWork.delete(work));
    })
    .catch((error: unknown) => {
      if (!stopped) log.error({ err: error }, 'queue processing failed');
    });

  return {
    taken: () => taken,
    async stop(withinMs) {
      if (stopped) return;
      stopped = true;
      const end = performance.now() + withinMs;
      const atMost = (ms: number): number => Math.max(0, Math.min(ms, end - performance.now()));
      await endsWithin(queue.pause(true, true), atMost(1_000));
      await endsWithin(Promise.allSettled(atWork), atMost(withinMs));
      const settled = new Promise<void>((resolve) => {
        onSettled = () => unsettled.size === 0 && resolve();
        onSettled();
      });
      await endsWithin(settled, atMost(500));
      await endsWithin(queue.close(true), atMost(1_000));
      await Promise.all(opened.map((connection) => redis.release(connection)));
    },
  };
}

/** Calls `say` at most once per `ms`, with the number of suppressed calls since. */
function throttled<T>(ms: number, say: (value: T, suppressed: number) => void): (value: T) => void {
  let last = -Infinity;
  let suppressed = 0;
  return (value) => {
    if (performance.now() - last < ms) {
      suppressed += 1;
      return;
    }
    say(value, suppressed);
    last = performance.now();
    suppressed = 0;
  };
}
