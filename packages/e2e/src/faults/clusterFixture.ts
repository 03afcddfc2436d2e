import {
  createRestClient,
  type Device,
  type RedisCluster,
  startRedisCluster,
} from '@chasqui/testkit';
import { metricsOf } from './metrics';
import { openFaultFixture, type FaultFixture } from './faultFixture';

/** Key prefix of the delivery queue in a cluster. */
export const QUEUE = '{bull}:message_delivery';

const IN_TIME_MS = 2_000;

/** Two servers and two workers on a Redis Cluster. */
export interface ClusterFixture extends FaultFixture {
  readonly cluster: RedisCluster;
  /** Whether both servers can use every part of Redis. */
  isHealthy(): Promise<boolean>;
  readiness(node: number): Promise<string>;
  /** Whether each of these users has a job. */
  haveJobs(userIds: string[]): Promise<boolean>;
}

export async function openClusterFixture(options: {
  replicas?: boolean;
  env?: Record<string, string>;
}): Promise<ClusterFixture> {
  const cluster = await startRedisCluster(options);
  const fixture = await openFaultFixture({
    proxied: false,
    env: { REDIS_URL: cluster.url, ...options.env },
  }).catch(async (error: unknown) => {
    await cluster.close();
    throw error;
  });
  return {
    ...fixture,
    cluster,
    async isHealthy() {
      for (const node of [0, 1]) {
        const metric = await metricsOf(fixture.instance.url(node));
        const [redis, bus] = [metric('chasqui_redis_up'), metric('chasqui_bus_connected')];
        if (redis !== 1 || bus !== 1) return false;
      }
      return true;
    },
    readiness: async (node) =>
      (await createRestClient(fixture.instance.url(node)).call('readReadiness')).body.status,
    async haveJobs(userIds) {
      const keys = await cluster.command(QUEUE, 'KEYS', `${QUEUE}:*`);
      const jobs = Array.isArray(keys) ? keys.map(String) : [];
      return userIds.every((userId) => jobs.some((job) => job.startsWith(`${QUEUE}:${userId}`)));
    },
    async close() {
      await fixture.close();
      await cluster.close();
    },
  };
}

/** Sends continuously until the fact holds. Throws when a send is not acknowledged in time (D11). */
export async function sendUntil(
  sender: Device,
  id: string,
  fact: () => Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const end = performance.now() + withinMs;
  let holds = false;
  while (!holds) {
    const pending = fact();
    let isAnswered = false;
    const answered = pending.finally(() => (isAnswered = true));
    do {
      const began = performance.now();
      const attempt = await sender.send(id, `message ${sender.attempts.length}`);
      const tookMs = performance.now() - began;
      if (attempt.outcome !== 'acknowledged' || tookMs > IN_TIME_MS) {
        throw new Error(`a send was ${attempt.outcome} after ${tookMs} ms`);
      }
    } while (!isAnswered);
    holds = await answered;
    if (!holds && performance.now() > end) throw new Error('timed out while sending');
  }
}
