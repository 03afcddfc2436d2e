import type { Clock, Timer } from '@chasqui/foundation';
import type { SharedPlaces } from '../shared/sharedPlaces';

/** How many connections somebody may hold at once, over all nodes. */
export interface Places {
  isFull(key: string): boolean;
  /** Takes one, whether or not there is one. The function gives it back; a second call does nothing. */
  take(key: string): () => void;
  stop(): void;
}

export interface PlacesOptions {
  name: string;
  max: number;
  shared: SharedPlaces;
  clock: Clock;
}

interface Holder {
  here: number;
  elsewhere: number;
  heardAt: number;
  /** What the others know of this node. */
  told: number;
}

/** The part of the places that a node gives away before it tells the others. */
const TOLD_FROM = 1 / 8;
const TELL_AFTER_MS = 100;
/** What is told holds for three times as long. */
const RENEW_EVERY_MS = 10_000;

/**
 * Each node counts what it holds; those who hold an eighth of their places on a node are told to the others by way of
 * Redis. So with n nodes nobody holds more than max + n × max / 8, and what a dead node held is free again after half a
 * minute. Without Redis each node counts alone.
 */
export function createPlaces({ name, max, shared, clock }: PlacesOptions): Places {
  const holders = new Map<string, Holder>();
  const toldFrom = Math.max(1, max * TOLD_FROM);
  const changed = new Set<string>();
  let timer: Timer | undefined;
  let stopped = false;

  const isWorthTelling = ({ here, told }: Holder): boolean => here >= toldFrom || told > 0;

  function note(key: string, holder: Holder): void {
    if (!isWorthTelling(holder)) return;
    changed.add(key);
    timer ??= clock.setTimeout(() => {
      timer = undefined;
      const keys = [...changed];
      changed.clear();
      void tell(keys);
    }, TELL_AFTER_MS);
  }

  async function tell(keys: readonly string[]): Promise<void> {
    if (stopped) return;
    const told = keys.map((key) => {
      const holder = holders.get(key);
      const count = holder !== undefined && holder.here >= toldFrom ? holder.here : 0;
      if (holder) holder.told = count;
      return { key: `${name}:${key}`, count };
    });
    const elsewhere = await shared.tell(told, 3 * RENEW_EVERY_MS);
    keys.forEach((key, index) => {
      const count = elsewhere[index];
      const holder = holders.get(key);
      if (holder === undefined || typeof count !== 'number') return;
      holder.elsewhere = count;
      holder.heardAt = clock.now();
    });
  }

  function renew(): void {
    if (stopped) return;
    void tell([...holders].filter(([, holder]) => isWorthTelling(holder)).map(([key]) => key));
    renewing = clock.setTimeout(renew, RENEW_EVERY_MS);
  }
  let renewing = clock.setTimeout(renew, RENEW_EVERY_MS);

  return {
    isFull(key) {
      const holder = holders.get(key);
      if (holder === undefined) return false;
      const isFresh = clock.now() - holder.heardAt < 3 * RENEW_EVERY_MS;
      return holder.here + (isFresh ? holder.elsewhere : 0) >= max;
    },
    take(key) {
      const holder = holders.get(key) ?? { here: 0, elsewhere: 0, heardAt: -Infinity, told: 0 };
      holders.set(key, holder);
      holder.here += 1;
      note(key, holder);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holder.here -= 1;
        note(key, holder);
        if (holder.here === 0) holders.delete(key);
      };
    },
    stop() {
      stopped = true;
      timer?.cancel();
      renewing.cancel();
    },
  };
}

/** For RATE_LIMIT=off. */
export const endlessPlaces: Places = {
  isFull: () => false,
  take: () => () => undefined,
  stop: () => undefined,
};
