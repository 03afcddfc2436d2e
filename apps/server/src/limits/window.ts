import type { Log } from '@pern/delivery/ports';
import { chooseFor } from '@pern/redis/shards';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

/** So many in so many seconds, counted over all nodes. */
export interface Window {
  /** Counts one. Resolves to 0 when it is within the limit, else to the milliseconds to wait. Never throws. */
  count(key: string): Promise<number>;
  /** As `count`, without counting. */
  look(key: string): Promise<number>;
}

export interface WindowOptions {
  name: string;
  points: number;
  seconds: number;
}

/** Where a part of the counts is kept: a shard of a cluster, or the whole of a single Redis. */
export interface LimitStore {
  redis: Redis;
  /** Of the shard: stands before every key. */
  tag: string;
}

/** After a failure Redis is left alone for this long, so that a frozen one is not waited for at every request. */
const LEAVE_ALONE_MS = 1_000;

/**
 * Counts in Redis, over all nodes, and in this node's memory, which alone decides while Redis is down or
 * slow (FAULTS, attackers 8). The client has to fail fast: its command time-out is what a request waits at most.
 */
export function createWindow(
  { name, points, seconds }: WindowOptions,
  stores: readonly LimitStore[],
  log: Log,
): Window {
  const options = { keyPrefix: `chasqui:limit:${name}`, points, duration: seconds };
  const own = new RateLimiterMemory(options);
  const shared = stores.map(({ redis, tag }) => ({
    limiter: new RateLimiterRedis({
      ...options,
      keyPrefix: `${tag}${options.keyPrefix}`,
      storeClient: redis,
      rejectIfRedisNotReady: true,
    }),
    trustAgainAt: 0,
  }));

  /** What Redis says of this key, or null while it does not. */
  async function ask(
    key: string,
    work: (limiter: RateLimiterRedis) => Promise<RateLimiterRes | null>,
  ): Promise<RateLimiterRes | null> {
    const store = chooseFor(key, shared);
    if (Date.now() < store.trustAgainAt) return null;
    try {
      const result = await work(store.limiter);
      store.trustAgainAt = 0;
      return result;
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return refused;
      if (store.trustAgainAt === 0) log.warn({ limit: name }, 'limits are kept by each node alone');
      store.trustAgainAt = Date.now() + LEAVE_ALONE_MS;
      return null;
    }
  }

  return {
    async count(key) {
      // In memory always, so that nothing is forgotten when Redis comes and goes.
      const mine = await own.consume(key).catch(refusalIn);
      const all = await ask(key, (limiter) => limiter.consume(key));
      return Math.max(waitMs(mine, points + 1), waitMs(all, points + 1));
    },
    async look(key) {
      const [mine, all] = await Promise.all([
        own.get(key),
        ask(key, (limiter) => limiter.get(key)),
      ]);
      return Math.max(waitMs(mine, points), waitMs(all, points));
    },
  };
}

function waitMs(result: RateLimiterRes | null, from: number): number {
  return result !== null && result.consumedPoints >= from ? Math.max(1, result.msBeforeNext) : 0;
}

/** A limiter refuses by throwing what it found. */
function refusalIn(thrown: unknown): RateLimiterRes {
  if (thrown instanceof RateLimiterRes) return thrown;
  throw thrown;
}
