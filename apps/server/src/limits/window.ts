import type { Log } from '@pern/delivery/ports';
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

/** After a failure Redis is left alone for this long, so that a frozen one is not waited for at every request. */
const LEAVE_ALONE_MS = 1_000;

/**
 * Counts in Redis; while that is down or slow, in this node's memory (FAULTS, attackers 8). The client
 * has to fail fast: its command time-out is what a request waits at most.
 */
export function createWindow(
  { name, points, seconds }: WindowOptions,
  redis: Redis,
  log: Log,
): Window {
  const options = { keyPrefix: `chasqui:limit:${name}`, points, duration: seconds };
  const own = new RateLimiterMemory(options);
  const shared = new RateLimiterRedis({
    ...options,
    storeClient: redis,
    rejectIfRedisNotReady: true,
  });
  let trustAgainAt = 0;

  async function withEither<T>(
    work: (limiter: RateLimiterRedis | RateLimiterMemory) => Promise<T>,
  ): Promise<T | RateLimiterRes> {
    if (Date.now() >= trustAgainAt) {
      try {
        return await work(shared);
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return refused;
        if (trustAgainAt === 0) log.warn({ limit: name }, 'limits are kept by each node alone');
        trustAgainAt = Date.now() + LEAVE_ALONE_MS;
      }
    }
    try {
      return await work(own);
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return refused;
      throw refused;
    }
  }

  const waitOf = (result: RateLimiterRes | null): number =>
    result !== null && result.consumedPoints > points ? Math.max(1, result.msBeforeNext) : 0;

  return {
    count: async (key) => waitOf(await withEither((limiter) => limiter.consume(key))),
    async look(key) {
      const result = await withEither((limiter) => limiter.get(key));
      return result !== null && result.consumedPoints >= points
        ? Math.max(1, result.msBeforeNext)
        : 0;
    },
  };
}
