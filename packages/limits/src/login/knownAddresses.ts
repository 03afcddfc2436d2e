import { chooseFor } from '@chasqui/redis';
import type { LimitStore } from '../shared/shardedScript';

/** Digests of the (account, address) pairs that logged in within the last 90 days. */
export interface KnownAddresses {
  /** Never throws; without Redis it uses what this node remembers. */
  has(entry: string): Promise<boolean>;
  /** Never throws, never waits. */
  add(entry: string): void;
}

const KEPT_S = 90 * 24 * 3_600;
const REMEMBERED_MAX = 10_000;

/** `stores` must fail fast. */
export function createKnownAddresses(stores: readonly LimitStore[]): KnownAddresses {
  const remembered = new Set<string>();
  const locate = (entry: string) => {
    const { redis, prefix } = chooseFor(entry, stores);
    return { redis, key: `${prefix}chasqui:familiar:${entry}` };
  };
  return {
    async has(entry) {
      if (remembered.has(entry)) return true;
      const { redis, key } = locate(entry);
      return redis.exists(key).then(
        (count) => count === 1,
        () => false,
      );
    },
    add(entry) {
      remembered.delete(entry);
      remembered.add(entry);
      for (const oldest of remembered) {
        if (remembered.size <= REMEMBERED_MAX) break;
        remembered.delete(oldest);
      }
      const { redis, key } = locate(entry);
      redis.set(key, '1', 'EX', KEPT_S).catch(() => undefined);
    },
  };
}
