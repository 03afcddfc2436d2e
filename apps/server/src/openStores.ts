import { connectDatabase, type Database, restartBackoff, wakeupsWaitingFor } from '@chasqui/db';
import type { createReleasers, Log } from '@chasqui/foundation';
import { createBus, createConnections, createDeliveryQueue, createWakeups } from '@chasqui/redis';
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
  connections: ReturnType<typeof createConnections>;
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
  const connections = createConnections({ url: settings.REDIS_URL, prefix: redisPrefix, log });
  releasers.push('redis', () => connections.close(), 700);
  // In a cluster, every shard: each holds some users, notifications or jobs.
  const probed = [...new Set([...connections.shards, connections.queueShard])].map((shard) => ({
    redis: connections.open('failing-fast', 'probe', shard),
    key: `${connections.prefix}${shard.tag}chasqui:probe`,
  }));
  const bus = createBus({ connections, nodeId, log });
  releasers.push('bus', () => bus.close(), 700);
  const wakeups = createWakeups({
    queue: createDeliveryQueue(connections),
    rows: {
      waitingJobs: (userIds, forMs) => wakeupsWaitingFor(db, userIds, forMs),
      restartBackoff: (userIds) => restartBackoff(db, userIds, settings.DELIVERY_BACKOFF_MS),
    },
    log,
  });
  releasers.push('wake-ups', () => wakeups.close(), 1_200);
  return {
    ...{ db, connections, bus, wakeups },
    async redisTakesWrites() {
      const problem = connections.problem();
      if (problem !== undefined) throw new Error(problem);
      await Promise.all(probed.map(({ redis, key }) => redis.set(key, nodeId, 'PX', 60_000)));
    },
  };
}
