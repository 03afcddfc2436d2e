import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Backoff, connectDatabase, deliveryCounts, recordFinding } from '@chasqui/db';
import { createReleasers, createScheduler, type Log, systemClock } from '@chasqui/foundation';
import {
  createBus,
  createRedisConnections,
  createConsumer,
  createDeliveryQueue,
  createQueueMarker,
} from '@chasqui/redis';
import { watchSpace } from '@chasqui/settings';
import { createAudit } from './audit/createAudit';
import { createDeletionFinisher } from './upkeep/finishDeletions';
import { scheduleJob } from './wakeups/jobSchedule';
import { createDueCheck, DUE_CHECK_INTERVAL_MS } from './wakeups/dueCheck';
import { createMetrics } from './observability/metrics';
import { serveOperators } from './observability/operatorServer';
import { createRetention } from './upkeep/retention';
import { type PostgresState, postgresState } from './observability/postgresState';
import type { Settings } from './settings';
import { fillAllSearchNames } from './upkeep/searchNames';
import { createSweep } from './wakeups/sweep';
import { createTopicPruning } from './upkeep/topics';
import { createSelfHealingConsumer } from './wakeups/selfHealingConsumer';
import { wakeRecipient, type WakeRecipientDeps } from './wakeups/wakeRecipient';

export interface Worker {
  /** Port of the operator server, if there is one. */
  readonly operatorPort: number | null;
  /**
   * Finishes running jobs and closes everything within 10 s, even when a store is gone. A second call waits for the
   * first.
   */
  stop(): Promise<void>;
}

export interface WorkerOptions extends Omit<Settings, 'logLevel'> {
  log: Log;
  /** Prefix of every key in Redis. */
  redisPrefix?: string;
}

const CONCURRENCY = 20;
const BACKOFF_CAP_MS = 600_000;
const MAX_ERRORS = 10;
/** A check costs one index probe when nothing is due. */
const RETENTION_INTERVAL_MS = 1_000;
/**
 * Acknowledgements clear their marks within a second, or one interval later when the conversation is locked.
 */
const AUDIT_PAUSE_MS = 3_000;
/** A round deletes up to 10,000 events per log. */
const TOPIC_PRUNING_INTERVAL_MS = 10_000;
const POSTGRES_STATE_INTERVAL_MS = 2_000;

/**
 * Opens every connection and starts all jobs. Succeeds while Redis or PostgreSQL is down and waits for them (D11).
 * Rejects only when the operator port is taken, after closing everything again.
 */
export async function createWorker(options: WorkerOptions): Promise<Worker> {
  const { log, backoffMs, sweepIntervalMs: intervalMs, auditIntervalMs } = options;
  const backoff: Backoff = { firstMs: backoffMs, capMs: Math.max(BACKOFF_CAP_MS, backoffMs) };
  // The limits below add up to less than the promised 10 s.
  const releasers = createReleasers(log);

  const db = connectDatabase({
    url: options.databaseUrl,
    poolMax: 10,
    applicationName: 'chasqui-worker',
  });
  releasers.push('postgres', () => db.close(), 1_500);
  const redis = createRedisConnections({
    url: options.redisUrl,
    prefix: options.redisPrefix,
    log,
  });
  releasers.push('redis', () => redis.close(), 1_000);
  const queue = createDeliveryQueue(redis);
  const marker = createQueueMarker(redis);
  const bus = createBus({ redis, nodeId: `worker-${randomUUID()}`, log });
  releasers.push('bus', () => bus.close(), 1_000);

  const space = watchSpace({ folder: options.dataDir ?? undefined, log });
  releasers.push('free space', async () => space.stop(), 100);
  const metrics = createMetrics({
    deliveries: () => deliveryCounts(db).catch(() => null),
    queue: async () => (queue.reachable() ? queue.depth().catch(() => null) : null),
    pool: () => db.pool(),
    busConnected: () => bus.connected(),
    diskFreeBytes: () => space.freeBytes(),
    keep: (source, kind, count) => {
      recordFinding(db, source, kind, count).catch((error: unknown) => {
        log.warn(
          { err: error, source, kind, count },
          'could not store a finding; only this worker counts it',
        );
      });
    },
  });

  const deps: WakeRecipientDeps = { db, bus, queue, backoff, maxErrors: MAX_ERRORS, log };
  const consumer = createSelfHealingConsumer(
    () =>
      createConsumer({
        redis,
        concurrency: CONCURRENCY,
        log,
        handle: async (job) => metrics.wakeup(await wakeRecipient(deps, job)),
      }),
    { log, onRestart: () => metrics.consumerRestarted() },
  );
  releasers.push('consumer', () => consumer.stop(3_400), 4_000);

  const jobs = { scheduler: createScheduler({ clock: systemClock, log }), log };
  const sweep = createSweep({ db, queue, marker, metrics, log, intervalMs, firstMs: backoffMs });
  const sweeps = scheduleJob(jobs, {
    name: 'sweep',
    async run() {
      const { unserved } = await sweep();
      if (unserved > 0) consumer.suspect();
    },
    reachable: () => queue.reachable(),
    ended: (outcome) => metrics.swept(outcome),
    intervalMs,
    atOnce: true,
  });
  // Redis is back and may have lost jobs.
  queue.onReachable(() => sweeps.request());
  bus.onRecovered(() => sweeps.request());

  const dueChecks = scheduleJob(jobs, {
    name: 'due check',
    run: createDueCheck({ db, queue, firstMs: backoffMs }),
    reachable: () => queue.reachable(),
    intervalMs: DUE_CHECK_INTERVAL_MS,
  });
  releasers.push(
    'sweep and due check',
    async () => {
      await Promise.all([sweeps.stop(1_000), dueChecks.stop(1_000)]);
    },
    1_000,
  );

  const ending = new AbortController();
  const finisher = createDeletionFinisher({ db, bus, log, isOver: () => ending.signal.aborted });
  const deletions = scheduleJob(jobs, {
    name: 'deletions',
    run: () => finisher.run(),
    intervalMs,
  });
  const searchNames = scheduleJob(jobs, {
    name: 'search names',
    run: () => fillAllSearchNames(db, () => ending.signal.aborted),
    intervalMs,
    atOnce: true,
  });
  const audits = scheduleJob(jobs, {
    name: 'audit',
    run: createAudit({
      ...{ db, marker, metrics, log, intervalMs: auditIntervalMs, stopping: ending.signal },
      pause: () => pause(AUDIT_PAUSE_MS, undefined, { signal: ending.signal }),
    }),
    reachable: () => queue.reachable(),
    ended: (outcome) => metrics.auditEnded(outcome),
    intervalMs: auditIntervalMs,
  });
  const retention = scheduleJob(jobs, {
    name: 'retention',
    run: createRetention({
      ...{ db, bus, metrics, log, maxS: options.retentionMaxS, stopping: ending.signal },
      now: () => performance.now(),
    }),
    ended: (outcome) => metrics.retained(outcome),
    intervalMs: RETENTION_INTERVAL_MS,
    atOnce: true,
  });
  const topics = scheduleJob(jobs, {
    name: 'topics',
    run: createTopicPruning({
      ...{ db, metrics, keepMs: options.topicsKeptMs, stopping: ending.signal },
    }),
    intervalMs: TOPIC_PRUNING_INTERVAL_MS,
  });
  // Polled in the background, so that /healthz answers at once while PostgreSQL is frozen.
  let postgres: PostgresState | undefined;
  const states = scheduleJob(jobs, {
    name: 'PostgreSQL state',
    async run() {
      postgres = await postgresState(db);
    },
    intervalMs: POSTGRES_STATE_INTERVAL_MS,
    atOnce: true,
  });
  // Each may be interrupted at any point, so they share a short limit.
  releasers.push(
    'audit, deletions, retention, search names and topics',
    async () => {
      ending.abort();
      await Promise.all(
        [audits, deletions, retention, searchNames, states, topics].map((job) => job.stop(300)),
      );
      finisher.stop();
    },
    400,
  );

  const isRedisUsable = () => queue.reachable() && redis.problem() === undefined;
  let operatorPort: number | null = null;
  if (options.metrics) {
    try {
      const operators = await serveOperators(options.metrics, {
        metrics,
        log,
        health: () => ({
          status:
            isRedisUsable() && bus.connected() && postgres?.postgres !== false ? 'ok' : 'degraded',
          redis: isRedisUsable(),
          ...postgres,
        }),
      });
      operatorPort = operators.port;
      releasers.push('operators', () => operators.close(), 500);
    } catch (error) {
      await releasers.releaseAll();
      throw error;
    }
  }

  let stopping: Promise<void> | undefined;
  return {
    operatorPort,
    stop: () => (stopping ??= releasers.releaseAll()),
  };
}
