import type { Clock, Timer } from '@chasqui/foundation';
import type { SharedConnectionCounts } from '../shared/sharedConnectionCounts';

/** Caps the open connections of a user or an address over all nodes. */
export interface ConnectionQuota {
  isFull(key: string): boolean;
  /**
   * Counts a connection even if the quota is full. The returned function releases it; a second call
   * does nothing.
   */
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
  /** The count last reported to the other nodes. */
  reported: number;
}

/** Share of the quota at which a node starts reporting a holder to the other nodes. */
const REPORT_FROM = 1 / 8;
const REPORT_AFTER_MS = 100;
/** A report is valid for three times as long. */
const RENEW_EVERY_MS = 10_000;

/**
 * Each node counts its own connections, and reports holders with at least an eighth of their quota
 * to the others through Redis. With n nodes, nobody exceeds max + n × max / 8 connections, and
 * connections of a crashed node stop counting after half a minute. Without Redis each node counts
 * alone.
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
