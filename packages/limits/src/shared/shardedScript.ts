import type { Log } from '@chasqui/foundation';
import { chooseFor, defineScript } from '@chasqui/redis';
import type { Redis } from 'ioredis';

/** Where a part of what is shared is kept: a shard of a cluster, or the whole of a single Redis. */
export interface LimitStore {
  redis: Redis;
  /** Stands before every key: the instance's prefix and the tag of the shard. */
  prefix: string;
}

/** One key of many, and what the script is told of it. */
export interface Entry {
  key: string;
  args: (string | number)[];
}

/**
 * Runs one script over many keys, wherever they lie. Resolves to one number per entry, in their order; null where
 * Redis did not say. Never throws, and waits no longer than the time-out of the connection.
 */
export type ShardedScript = (
  entries: readonly Entry[],
  leadingArgs?: (string | number)[],
) => Promise<(number | null)[]>;

/** After a failure Redis is left alone for this long. */
const RETRY_AFTER_MS = 1_000;
const ENTRIES_PER_CALL = 500;

interface ShardedScriptOptions {
  /** They must fail fast. */
  stores: readonly LimitStore[];
  name: string;
  lua: string;
  log: Log;
  now: () => number;
}

export function createShardedScript({
  stores,
  name,
  lua,
  log,
  now,
}: ShardedScriptOptions): ShardedScript {
  const shards = stores.map(({ redis, prefix }) => ({
    redis,
    prefix,
    run: defineScript(redis, name, lua),
    trustAgainAt: -Infinity,
    isWarned: false,
  }));
  type Shard = (typeof shards)[number];

  async function runOnShard(
    shard: Shard,
    page: readonly Entry[],
    leadingArgs: (string | number)[],
  ) {
    if (now() < shard.trustAgainAt || shard.redis.status !== 'ready') return [];
    try {
      const answer = await shard.run(
        page.map(({ key }) => shard.prefix + key),
        [...leadingArgs, ...page.flatMap(({ args }) => args)],
      );
      shard.isWarned = false;
      return answer;
    } catch (error) {
      if (!shard.isWarned) log.warn({ err: error }, 'limits are kept by each node alone');
      shard.isWarned = true;
      shard.trustAgainAt = now() + RETRY_AFTER_MS;
      return [];
    }
  }

  return async (entries, leadingArgs = []) => {
    const found: (number | null)[] = entries.map(() => null);
    const parts = new Map<Shard, { entry: Entry; index: number }[]>();
    entries.forEach((entry, index) => {
      const shard = chooseFor(entry.key, shards);
      const part = parts.get(shard);
      if (part) part.push({ entry, index });
      else parts.set(shard, [{ entry, index }]);
    });
    const pages = [...parts].flatMap(([shard, part]) =>
      Array.from({ length: Math.ceil(part.length / ENTRIES_PER_CALL) }, (_, i) => ({
        shard,
        page: part.slice(i * ENTRIES_PER_CALL, (i + 1) * ENTRIES_PER_CALL),
      })),
    );
    await Promise.all(
      pages.map(async ({ shard, page }) => {
        const answer = await runOnShard(
          shard,
          page.map(({ entry }) => entry),
          leadingArgs,
        );
        page.forEach(({ index }, i) => {
          const value = answer[i];
          if (typeof value === 'number') found[index] = value;
        });
      }),
    );
    return found;
  };
}
