import type { Clock, Log, Timer } from '@chasqui/foundation';
import { chooseFor, type RedisConnections } from '@chasqui/redis';
import { createPresenceLeases, type LeaseTiming, type PresenceLeases } from './presenceLeases';

export type PresenceStatus = 'online' | 'offline';

/**
 * Online status of users over all devices and nodes (D10). In a cluster, users are spread over the shards by their
 * ids; each shard fails and recovers independently. No call throws, and only `statusOf` waits for Redis. While Redis
 * is down, the node reports the status of its own connections.
 */
export interface Presence {
  /** Counts the connection as online. A second call does nothing. */
  connected(userId: string, connectionId: string): void;
  /** Removes the connection. Its user goes offline after the grace time unless another connection exists. */
  disconnected(userId: string, connectionId: string): void;
  /**
   * Handles `presence:online` and `presence:offline` of an open connection; the latter takes effect without grace
   * time.
   */
  setVisible(userId: string, connectionId: string, visible: boolean): void;
  /** Returns one status per user. Waits for Redis half a second at most. */
  statusOf(userIds: string[]): Promise<Map<string, PresenceStatus>>;
  /** Releases all leases with the grace time, so that clients can move to another node unnoticed. */
  close(): Promise<void>;
}

export interface PresenceTiming extends LeaseTiming {
  refreshMs: number;
  graceMs: number;
  reapMs: number;
}

export interface PresenceOptions {
  redis: RedisConnections;
  nodeId: string;
  clock: Clock;
  /**
   * Called for each change, on exactly one node (after an outage of Redis perhaps once more). `at` is in milliseconds
   * since 1970.
   */
  onChange(userId: string, status: PresenceStatus, at: number): void;
  log: Log;
  timing?: Partial<PresenceTiming>;
}

// A crash is detected within leaseMs + reapMs, plus quietMs when all nodes were down: under 30 s.
const usualTiming: PresenceTiming = {
  leaseMs: 20_000,
  refreshMs: 7_000,
  graceMs: 5_000,
  reapMs: 1_000,
  awayMs: 5_000,
  quietMs: 8_000,
};

const PAIRS_PER_CALL = 200;
const USERS_PER_REAP = 200;
const USERS_PER_QUESTION = 1_000;

/** State of a user with visible connections to this node. */
interface Local {
  /** By connection id: whether Redis holds the lease. */
  connections: Map<string, boolean>;
  /** This node reported the user online while Redis was down. */
  reportedAlone: boolean;
}

export function createPresence(options: PresenceOptions): Presence {
  const { redis: redisConnections, nodeId, clock, log } = options;
  const timing = { ...usualTiming, ...options.timing };
  const shards = redisConnections.shards.map((shard) => {
    const redis = redisConnections.open('failing-fast', 'presence', shard);
    const prefix = `${redisConnections.prefix}${shard.tag}`;
    return { redis, leases: createPresenceLeases(redis, prefix, timing) };
  });
  const leasesOf = (userId: string): PresenceLeases => chooseFor(userId, shards).leases;
  const locals = new Map<string, Local>();
  const timers = new Set<Timer>();
  let closed = false;

  const leaseOf = (connectionId: string): string => `${connectionId}@${nodeId}`;

  const report = (userIds: string[], status: PresenceStatus, at: number): void => {
    for (const userId of userIds) {
      try {
        options.onChange(userId, status, at);
      } catch (error) {
        log.error({ err: error, userId }, 'a presence listener threw');
      }
    }
  };

  /** All pairs must belong to one shard. */
  const hold = async (
    leases: PresenceLeases,
    pairs: [string, string][],
    restoring: boolean,
  ): Promise<void> => {
    const { userIds, at } = await leases.hold(
      pairs.map(([userId, connectionId]) => [userId, leaseOf(connectionId)]),
      restoring,
    );
    const cameOnline = new Set(userIds);
    for (const [userId, connectionId] of pairs) {
      const local = locals.get(userId);
      // The connection may be gone by now; a later call has released its lease.
      if (local?.connections.has(connectionId)) {
        local.connections.set(connectionId, true);
        if (local.reportedAlone) cameOnline.delete(userId);
        local.reportedAlone = false;
      }
    }
    report([...cameOnline], 'online', at);
  };

  const add = (userId: string, connectionId: string): void => {
    if (closed) return;
    let local = locals.get(userId);
    if (local?.connections.has(connectionId)) return;
    local ??= { connections: new Map(), reportedAlone: false };
    const first = local.connections.size === 0;
    local.connections.set(connectionId, false);
    locals.set(userId, local);
    hold(leasesOf(userId), [[userId, connectionId]], false).catch(() => {
      if (!first || locals.get(userId) !== local) return;
      local.reportedAlone = true;
      report([userId], 'online', clock.now());
    });
  };

  const remove = (userId: string, connectionId: string, graceMs: number): void => {
    const local = locals.get(userId);
    if (closed || !local?.connections.delete(connectionId)) return;
    if (local.connections.size === 0) locals.delete(userId);
    drop(userId, connectionId, graceMs);
  };

  const drop = (userId: string, connectionId: string, graceMs: number): void => {
    leasesOf(userId)
      .drop([[userId, leaseOf(connectionId)]], graceMs)
      .then(
        ({ userIds, at }) => report(userIds, 'offline', at),
        () => dropAlone(userId, connectionId, graceMs),
      );
  };

  /** Redis is down. If it is still down after the grace time, report the status of this node's connections. */
  const dropAlone = (userId: string, connectionId: string, graceMs: number): void => {
    after(graceMs, () => {
      if (locals.has(userId)) return;
      leasesOf(userId)
        .drop([[userId, leaseOf(connectionId)]], 0)
        .then(
          ({ userIds, at }) => report(userIds, 'offline', at),
          () => report([userId], 'offline', clock.now()),
        );
    });
  };

  /** Extends the leases of this node's users, on one shard or on all. */
  const refresh = async (only?: PresenceLeases): Promise<void> => {
    const known: [string, string][] = [];
    const unknown: [string, string][] = [];
    for (const [userId, local] of locals) {
      if (only !== undefined && leasesOf(userId) !== only) continue;
      for (const [connectionId, held] of local.connections) {
        (held ? known : unknown).push([userId, connectionId]);
      }
    }
    const calls = [
      ...byShard(known, PAIRS_PER_CALL).map(([leases, pairs]) => hold(leases, pairs, true)),
      ...byShard(unknown, PAIRS_PER_CALL).map(([leases, pairs]) => hold(leases, pairs, false)),
    ];
    await Promise.allSettled(calls);
  };

  /** Groups items by shard, in chunks of at most `size`. */
  const byShard = <T extends [userId: string, ...unknown[]]>(
    items: T[],
    size: number,
  ): [PresenceLeases, T[]][] => {
    const sorted = new Map<PresenceLeases, T[]>();
    for (const item of items) {
      const leases = leasesOf(item[0]);
      const before = sorted.get(leases);
      if (before === undefined) sorted.set(leases, [item]);
      else before.push(item);
    }
    return [...sorted].flatMap(([leases, all]) =>
      chunks(all, size).map((part): [PresenceLeases, T[]] => [leases, part]),
    );
  };

  const reap = async (leases: PresenceLeases): Promise<void> => {
    let more = !closed;
    while (more) {
      const reaped = await leases.reap(USERS_PER_REAP);
      report(reaped.userIds, 'offline', reaped.at);
      more = reaped.more && !closed;
    }
  };

  const after = (ms: number, work: () => void): void => {
    const timer = clock.setTimeout(() => {
      timers.delete(timer);
      if (!closed) work();
    }, ms);
    timers.add(timer);
  };
  /** Repeats `work` with a pause of `ms`. The connection logs failures. */
  const repeat = (ms: number, work: () => Promise<void>): void => {
    after(ms, () => {
      work()
        .catch(() => undefined)
        .finally(() => repeat(ms, work));
    });
  };

  repeat(timing.refreshMs, () => refresh());
  for (const { redis, leases } of shards) {
    repeat(timing.reapMs, () => reap(leases));
    // Redis is back and may be empty: restore the leases at once.
    redis.on('ready', () => void refresh(leases));
  }

  return {
    connected: add,
    disconnected: (userId, connectionId) => remove(userId, connectionId, timing.graceMs),
    setVisible(userId, connectionId, visible) {
      if (visible) add(userId, connectionId);
      else remove(userId, connectionId, 0);
    },
    async statusOf(userIds) {
      const unknown = userIds
        .filter((userId) => !locals.has(userId))
        .map((userId): [string] => [userId]);
      const answers = await Promise.allSettled(
        byShard(unknown, USERS_PER_QUESTION).map(([leases, part]) => leases.online(part.flat())),
      );
      const online = answers.map((answer) =>
        answer.status === 'fulfilled' ? answer.value : new Set<string>(),
      );
      return new Map(
        userIds.map((userId) => [
          userId,
          locals.has(userId) || online.some((found) => found.has(userId)) ? 'online' : 'offline',
        ]),
      );
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const timer of timers) timer.cancel();
      const pairs: [string, string][] = [];
      for (const [userId, local] of locals) {
        for (const connectionId of local.connections.keys())
          pairs.push([userId, leaseOf(connectionId)]);
      }
      locals.clear();
      await Promise.allSettled(
        byShard(pairs, PAIRS_PER_CALL).map(([leases, part]) => leases.drop(part, timing.graceMs)),
      );
      await Promise.all(shards.map(({ redis }) => redisConnections.release(redis)));
    },
  };
}

function chunks<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
