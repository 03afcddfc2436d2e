import { chooseFor } from '@chasqui/redis';
import type { LimitStore } from '../shared/sharded';

/** From where whom has logged in during the last 90 days, as digests. */
export interface FamiliarPlaces {
  /** Never throws; without Redis it is what this node remembers. */
  has(place: string): Promise<boolean>;
  /** Never throws, never waits. */
  add(place: string): void;
}

const KEPT_S = 90 * 24 * 3_600;
const REMEMBERED_MAX = 10_000;

/** `stores` must fail fast. */
export function createFamiliarPlaces(stores: readonly LimitStore[]): FamiliarPlaces {
  const remembered = new Set<string>();
  const placeIn = (place: string) => {
    const { redis, prefix } = chooseFor(place, stores);
    return { redis, key: `${prefix}chasqui:familiar:${place}` };
  };
  return {
    async has(place) {
      if (remembered.has(place)) return true;
      const { redis, key } = placeIn(place);
      return redis.exists(key).then(
        (count) => count === 1,
        () => false,
      );
    },
    add(place) {
      remembered.delete(place);
      remembered.add(place);
      for (const oldest of remembered) {
        if (remembered.size <= REMEMBERED_MAX) break;
        remembered.delete(oldest);
      }
      const { redis, key } = placeIn(place);
      redis.set(key, '1', 'EX', KEPT_S).catch(() => undefined);
    },
  };
}
