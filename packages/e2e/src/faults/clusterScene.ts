import {
  createRestClient,
  type Device,
  type RedisCluster,
  startRedisCluster,
} from '@chasqui/testkit';
import { figuresOf } from './figures';
import { openScene, type Scene } from './scene';

/** Where the delivery queue is in a cluster. */
export const QUEUE = '{bull}:message_delivery';

const IN_TIME_MS = 2_000;

/** Two servers and two workers on a Redis Cluster. */
export interface ClusterScene extends Scene {
  readonly cluster: RedisCluster;
  /** Whether both servers find all of Redis usable. */
  isWhole(): Promise<boolean>;
  readiness(node: number): Promise<string>;
  /** Whether each of these users has a job. */
  haveJobs(userIds: string[]): Promise<boolean>;
}

export async function openClusterScene(options: {
  replicas?: boolean;
  env?: Record<string, string>;
}): Promise<ClusterScene> {
  const cluster = await startRedisCluster(options);
  const scene = await openScene({
    wired: false,
    env: { REDIS_URL: cluster.url, ...options.env },
  }).catch(async (error: unknown) => {
    await cluster.close();
    throw error;
  });
  return {
    ...scene,
    cluster,
    async isWhole() {
      for (const node of [0, 1]) {
        const figure = await figuresOf(scene.instance.url(node));
        const [redis, bus] = [figure('chasqui_redis_up'), figure('chasqui_bus_connected')];
        if (redis !== 1 || bus !== 1) return false;
      }
      return true;
    },
    readiness: async (node) =>
      (await createRestClient(scene.instance.url(node)).call('readReadiness')).body.status,
    async haveJobs(userIds) {
      const keys = await cluster.command(QUEUE, 'KEYS', `${QUEUE}:*`);
      const jobs = Array.isArray(keys) ? keys.map(String) : [];
      return userIds.every((userId) => jobs.some((job) => job.startsWith(`${QUEUE}:${userId}`)));
    },
    async close() {
      await scene.close();
      await cluster.close();
    },
  };
}

/** Sends until the fact holds. Throws when a send is not acknowledged in time, whatever happens (D11). */
export async function sendUntil(
  sender: Device,
  id: string,
  fact: () => Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const end = performance.now() + withinMs;
  let isSo = false;
  while (!isSo) {
    const asked = fact();
    let isAnswered = false;
    const answered = asked.finally(() => (isAnswered = true));
    do {
      const began = performance.now();
      const attempt = await sender.send(id, `message ${sender.attempts.length}`);
      const tookMs = performance.now() - began;
      if (attempt.outcome !== 'acknowledged' || tookMs > IN_TIME_MS) {
        throw new Error(`a send was ${attempt.outcome} after ${tookMs} ms`);
      }
    } while (!isAnswered);
    isSo = await answered;
    if (!isSo && performance.now() > end) throw new Error('sent on in vain');
  }
}
