import type { Clock, Timer } from '@chasqui/foundation';
import type { SharedConnectionCounts } from '../shared/sharedConnectionCounts';

/** How many connections somebody may hold at once, over all nodes. */
export interface ConnectionQuota {
  isFull(key: string): boolean;
  /** Takes one, whether or not there is one. The function gives it back; a second call does nothing. */
  take(key: string): () => void;
  stop(): void;
}

export interface ConnectionQuotaOptions {
  name: string;
  max: number;
  shared: SharedConnectionCounts;
  clock: Clock;
}

interface Holder {
  here: number;
  elsewhere: number;
  updatedAt: number;
  /** What the others know of this node. */
  reported: number;
}

/** The part of the places that a node gives away before it tells the others. */
const REPORT_FROM = 1 / 8;
const REPORT_AFTER_MS = 100;
/** What is told holds for three times as long. */
const RENEW_EVERY_MS = 10_000;

/**
 * Each node counts what it holds; those who hold an eighth of their places on a node are told to the others by way of
 * Redis. So with n nodes nobody holds more than max + n × max / 8, and what a dead node held is free again after half a
 * minute. Without Redis each node counts alone.
 */
export function createConnectionQuota({
  name,
  max,
  shared,
  clock,
}: ConnectionQuotaOptions): ConnectionQuota {
  const holders = new Map<string, Holder>();
  const reportFrom = Math.max(1, max * REPORT_FROM);
  const changed = new Set<string>();
  let timer: Timer | undefined;
  let stopped = false;

  const shouldReport = ({ here, reported }: Holder): boolean => here >= reportFrom || reported > 0;

  function markChanged(key: string, holder: Holder): void {
    if (!shouldReport(holder)) return;
    changed.add(key);
    timer ??= clock.setTimeout(() => {
      timer = undefined;
      const keys = [...changed];
      changed.clear();
      void report(keys);
    }, REPORT_AFTER_MS);
  }

  async function report(keys: readonly string[]): Promise<void> {
    if (stopped) return;
    const reported = keys.map((key) => {
      const holder = holders.get(key);
      const count = holder !== undefined && holder.here >= reportFrom ? holder.here : 0;
      if (holder) holder.reported = count;
      return { key: `${name}:${key}`, count };
    });
    const elsewhere = await shared.report(reported, 3 * RENEW_EVERY_MS);
    keys.forEach((key, index) => {
      const count = elsewhere[index];
      const holder = holders.get(key);
      if (holder === undefined || typeof count !== 'number') return;
      holder.elsewhere = count;
      holder.updatedAt = clock.now();
    });
  }

  function renew(): void {
    if (stopped) return;
    void report([...holders].filter(([, holder]) => shouldReport(holder)).map(([key]) => key));
    renewing = clock.setTimeout(renew, RENEW_EVERY_MS);
  }
  let renewing = clock.setTimeout(renew, RENEW_EVERY_MS);

  return {
    isFull(key) {
      const holder = holders.get(key);
      if (holder === undefined) return false;
      const isFresh = clock.now() - holder.updatedAt < 3 * RENEW_EVERY_MS;
      return holder.here + (isFresh ? holder.elsewhere : 0) >= max;
    },
    take(key) {
      const holder = holders.get(key) ?? {
        here: 0,
        elsewhere: 0,
        updatedAt: -Infinity,
        reported: 0,
      };
      holders.set(key, holder);
      holder.here += 1;
      markChanged(key, holder);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holder.here -= 1;
        markChanged(key, holder);
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
export const unlimitedConnections: ConnectionQuota = {
  isFull: () => false,
  take: () => () => undefined,
  stop: () => undefined,
};
