import Bull from 'bull';
import type Redis from 'ioredis';
import type { Connections } from './connections';

/** Looked for in Redis by operators, as `bull:message_delivery:*`, in a cluster `{bull}:message_delivery:*`. */
export const DELIVERY_QUEUE = 'message_delivery';

/** What a job holds: whom to wake. Never content. */
export interface WakeupData {
  userId: string;
}

export interface WakeupJob {
  userId: string;
  /** Fresh per wake-up: Bull silently drops what has the id of a job that it still knows. */
  jobId: string;
  /** Milliseconds from now. */
  delayMs: number;
}

export interface QueueDepth {
  waiting: number;
  delayed: number;
  active: number;
}

/**
 * The queue as those see it who fill it. Fails fast: each method throws within about half a second
 * when Redis is gone, full or silent. Whoever calls goes on without: the rows are the truth.
 */
export interface DeliveryQueue {
  /** False while every call would fail at once. */
  reachable(): boolean;
  /** Called each time Redis becomes reachable. Returns the unsubscriber. */
  onReachable(listener: () => void): () => void;
  /** A job that is there already is left alone. */
  add(jobs: WakeupJob[]): Promise<void>;
  /** Those of the jobs that Redis does not have. */
  missing(jobs: WakeupJob[]): Promise<WakeupJob[]>;
  /** Makes delayed jobs due. Jobs that are gone or no longer delayed are left alone. */
  promote(jobIds: string[]): Promise<void>;
  depth(): Promise<QueueDepth>;
  close(): Promise<void>;
}

// No retry of Bull's own: its backoff has neither cap nor jitter, and attempts live in PostgreSQL.
const jobOptions: Bull.JobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true };

export function bullPrefix(connections: Connections): string {
  const { prefix, queueShard } = connections;
  // All keys of a queue in one slot, and the names of a single Redis as they always were.
  return queueShard.tag === '' ? `${prefix}bull` : `${prefix}${queueShard.tag}`;
}

export function createDeliveryQueue(connections: Connections): DeliveryQueue {
  const redis: Redis = connections.open('failing-fast', 'queue', connections.queueShard);
  const queue = new Bull<WakeupData>(DELIVERY_QUEUE, {
    prefix: bullPrefix(connections),
    createClient: () => redis,
    defaultJobOptions: jobOptions,
  });
  const keyOf = (jobId: string): string => `${bullPrefix(connections)}:${DELIVERY_QUEUE}:${jobId}`;

  return {
    reachable: () => redis.status === 'ready',
    onReachable(listener) {
      redis.on('ready', listener);
      return () => redis.off('ready', listener);
    },
    async add(jobs) {
      if (jobs.length === 0) return;
      const added = await queue.addBulk(
        jobs.map(({ userId, jobId, delayMs }) => ({
          data: { userId },
          opts: { ...jobOptions, jobId, delay: Math.max(0, Math.round(delayMs)) },
        })),
      );
      // Bull swallows the refusal of a single job, such as at maxmemory; it shows by its missing id.
      if (added.some(({ id }) => typeof id !== 'string')) throw new Error('Redis refused a job');
    },
    async missing(jobs) {
      if (jobs.length === 0) return [];
      const pipeline = redis.pipeline();
      for (const { jobId } of jobs) pipeline.exists(keyOf(jobId));
      const answers = (await pipeline.exec()) ?? [];
      return jobs.filter((_, i) => {
        const [error, exists] = answers[i] ?? [new Error('no answer')];
        if (error) throw error;
        return exists === 0;
      });
    },
    async promote(jobIds) {
      for (const jobId of jobIds) {
        const job = await queue.getJob(jobId);
        // Only a delayed job can be promoted; any other is on its way already.
        if (job && (await job.isDelayed())) await job.promote().catch(() => undefined);
      }
    },
    async depth() {
      const { waiting, delayed, active } = await queue.getJobCounts();
      return { waiting, delayed, active };
    },
    async close() {
      await connections.release(redis);
    },
  };
}
