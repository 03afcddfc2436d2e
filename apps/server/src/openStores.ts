import { connectDatabase, type Database, restartBackoff, wakeupsWaitingFor } from '@chasqui/db';
import type { createReleasers, Log } from '@chasqui/foundation';
import {
  createBus,
  createRedisConnections,
  createDeliveryQueue,
  createWakeups,
} from '@chasqui/redis';
import type { Settings } from '@chasqui/settings';

interface Options {
  settings: Settings;
  log: Log;
  nodeId: string;
  /** Prefix of every key and channel in Redis. */
  redisPrefix: string | undefined;
  releasers: ReturnType<typeof createReleasers>;
}

export interface Stores {
  db: Database;
  redis: ReturnType<typeof createRedisConnections>;
  bus: ReturnType<typeof createBus>;
  wakeups: ReturnType<typeof createWakeups>;
  /** Rejects unless every shard accepts a write. */
  redisTakesWrites(): Promise<void>;
}

/** Opens PostgreSQL, Redis, the bus between nodes and the wake-up queue. Waits for none of them (D11). */
export function openStores({ settings, log, nodeId, redisPrefix, releasers }: Options): Stores {
  const db = connectDatabase({
    url: settings.DATABASE_URL,
    poolMax: settings.DATABASE_POOL_MAX,
    applicationName: 'chasqui-server',
  });
  releasers.push('postgres', () => db.close(), 1_000);
  const redis = createRedisConnections({ url: settings.REDIS_URL, prefix: redisPrefix, log });
  releasers.push('redis', () => redis.close(), 700);
  // In a cluster, every shard: each holds some users, notifications or jobs.
  const probed = [...new Set([...redis.shards, redis.queueShard])].map((shard) => ({
    probe: redis.open('failing-fast', 'probe', shard),
    key: `${redis.prefix}${shard.tag}chasqui:probe`,
  }));
  const bus = createBus({ redis, nodeId, log });
  releasers.push('bus', () => bus.close(), 700);
  const wakeups = createWakeups({
    queue: createDeliveryQueue(redis),
    rows: {
      waitingJobs: (userIds, forMs) => wakeupsWaitingFor(db, userIds, forMs),
      restartBackoff: (userIds) => restartBackoff(db, userIds, settings.DELIVERY_BACKOFF_MS),
    },
    log,
  });
  releasers.push('wake-ups', () => wakeups.close(), 1_200);
  return {
    ...{ db, redis, bus, wakeups },
    async redisTakesWrites() {
      const problem = redis.problem();
      if (problem !== undefined) throw new Error(problem);
      await Promise.all(probed.map(({ probe, key }) => probe.set(key, nodeId, 'PX', 60_000)));
    },
  };
}
