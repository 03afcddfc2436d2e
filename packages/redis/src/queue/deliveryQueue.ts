import Bull from 'bull';
import type Redis from 'ioredis';
import type { RedisConnections } from '../connections/connections';

/** Operators find it in Redis as `bull:message_delivery:*`, in a cluster as `{bull}:message_delivery:*`. */
export const DELIVERY_QUEUE = 'message_delivery';

/** Payload of a job: the user to wake. Never content. */
export interface WakeupData {
  userId: string;
}

export interface WakeupJob {
  userId: string;
  /** New for each wake-up: Bull silently drops a job whose id it still holds. */
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
 * The producer's side of the queue. Fails fast: each method throws within about half a second when Redis is down,
 * full or silent. Callers continue without it: the rows in PostgreSQL are authoritative.
 */
export interface DeliveryQueue {
  /** False while every call would fail at once. */
  reachable(): boolean;
  /** Called each time Redis becomes reachable. Returns the unsubscriber. */
  onReachable(listener: () => void): () => void;
  /** Existing jobs stay unchanged. */
  add(jobs: WakeupJob[]): Promise<void>;
  /** Returns the jobs that Redis does not have. */
  missing(jobs: WakeupJob[]): Promise<WakeupJob[]>;
  /** Makes delayed jobs due. Jobs that are gone or no longer delayed stay unchanged. */
  promote(jobIds: string[]): Promise<void>;
  depth(): Promise<QueueDepth>;
  close(): Promise<void>;
}

// No retries by Bull: its backoff has neither cap nor jitter, and attempts are stored in PostgreSQL.
const jobOptions: Bull.JobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true };

export function bullPrefix(connections: RedisConnections): string {
  const { prefix, queueShard } = connections;
  // In a cluster, all keys of the queue share one slot; on a single Redis, names stay as in earlier releases.
  return queueShard.tag === '' ? `${prefix}bull` : `${prefix}${queueShard.tag}`;
}

export function createDeliveryQueue(connections: RedisConnections): DeliveryQueue {
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
      // Bull swallows the refusal of a single job, for example at maxmemory; the job then has no id.
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
        // Only delayed jobs can be promoted; others are already queued or running.
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
