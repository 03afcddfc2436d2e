import type { Log } from '@chasqui/foundation';
import { chooseFor, defineScript } from '@chasqui/redis';
import type { Redis } from 'ioredis';

/** A Redis that holds shared state: one shard of a cluster, or a single instance. */
export interface LimitStore {
  redis: Redis;
  /** Prefix of every key: that of the instance and the shard's tag. */
  prefix: string;
}

/** A key and its script arguments. */
export interface Entry {
  key: string;
  args: (string | number)[];
}

/**
 * Runs one script over many keys on all shards. Resolves to one number per entry, in order; null if
 * Redis did not answer. Never throws, and waits no longer than the connection's time-out.
 */
export type ShardedScript = (
  entries: readonly Entry[],
  leadingArgs?: (string | number)[],
) => Promise<(number | null)[]>;

/** Pause before Redis is used again after a failure. */
const RETRY_AFTER_MS = 1_000;
const ENTRIES_PER_CALL = 500;

interface ShardedScriptOptions {
  /** Must fail fast. */
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
      if (!shard.isWarned)
        log.warn({ err: error }, 'Redis is unavailable; each node applies limits alone');
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
