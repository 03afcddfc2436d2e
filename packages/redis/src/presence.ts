import type { Clock, Log, Timer } from '@pern/delivery/ports';
import type { Connections } from './connections';
import { createPresenceLeases, type LeaseTiming, type PresenceLeases } from './presenceLeases';
import { chooseFor } from './shards';

export type PresenceStatus = 'online' | 'offline';

/**
 * Who is online, over all devices and nodes (D10). In a cluster users are spread over its shards by
 * their ids; each shard is asked, fails and returns by itself. No call waits for Redis except `statusOf`, and
 * none ever throws. While Redis is down the node goes by what it sees itself.
 */
export interface Presence {
  /** The connection counts as online from now on. A second call does nothing. */
  connected(userId: string, connectionId: string): void;
  /** The connection is gone; its user goes offline after the grace time unless another one lives. */
  disconnected(userId: string, connectionId: string): void;
  /** `presence:online` and `presence:offline` of a living connection; the latter knows no grace time. */
  setVisible(userId: string, connectionId: string, visible: boolean): void;
  /** One status per given user; waits for Redis no longer than half a second. */
  statusOf(userIds: string[]): Promise<Map<string, PresenceStatus>>;
  /** Gives all leases back, with the grace time, so that clients can move to another node unnoticed. */
  close(): Promise<void>;
}

export interface PresenceTiming extends LeaseTiming {
  refreshMs: number;
  graceMs: number;
  reapMs: number;
}

export interface PresenceOptions {
  connections: Connections;
  nodeId: string;
  clock: Clock;
  /**
   * Called once over all nodes for each change, on the node that noticed it (after an outage of
   * Redis perhaps once more); `at` in milliseconds since 1970.
   */
  onChange(userId: string, status: PresenceStatus, at: number): void;
  log: Log;
  timing?: Partial<PresenceTiming>;
}

// A crash shows after at most leaseMs + reapMs, plus quietMs when every node was away: under 30 s.
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

/** What this node knows of a user with visible connections here. */
interface Local {
  /** Connection id → whether Redis has the lease. */
  connections: Map<string, boolean>;
  /** The node reported the user online by itself, Redis being down. */
  reportedAlone: boolean;
}

export function createPresence(options: PresenceOptions): Presence {
  const { connections, nodeId, clock, log } = options;
  const timing = { ...usualTiming, ...options.timing };
  const shards = connections.shards.map((shard) => {
    const redis = connections.open('failing-fast', 'presence', shard);
    const prefix = `${connections.prefix}${shard.tag}`;
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
        log.error({ err: error, userId }, 'a listener of presence threw');
      }
    }
  };

  /** All pairs are of one shard. */
  const hold = async (
    leases: PresenceLeases,
    pairs: [string, string][],
    restoring: boolean,
  ): Promise<void> => {
    const { userIds, at } = await leases.hold(
      pairs.map(([userId, connectionId]) => [userId, leaseOf(connectionId)]),
      restoring,
    );
    const news = new Set(userIds);
    for (const [userId, connectionId] of pairs) {
      const local = locals.get(userId);
      // It may have left meanwhile; then Redis has been told so after this.
      if (local?.connections.has(connectionId)) {
        local.connections.set(connectionId, true);
        if (local.reportedAlone) news.delete(userId);
        local.reportedAlone = false;
      }
    }
    report([...news], 'online', at);
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

  /** Redis is down: when it is still down after the grace time, what this node sees is the truth. */
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

  /** Extends the leases of this node's users, on one shard or on all of them. */
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

  /** In portions of at most `size`, each of one shard. */
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
  /** Runs for ever, one at a time; a failure is the connection's to log. */
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
    // Redis returned, perhaps with nothing: the living are put back at once.
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
      await Promise.all(shards.map(({ redis }) => connections.release(redis)));
    },
  };
}

function chunks<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
