import Redis, { type RedisOptions } from 'ioredis';
import type { Log } from '@chasqui/foundation';
import { parseRedisAddress, type RedisAddress } from '@chasqui/settings';
import { askServer, type ServerAnswer } from '../health/askServer';
import { DISCONNECT_WITHIN_MS, followSlot } from '../cluster/followSlot';
import { createMasterWatch } from '../health/masterWatch';
import { logOutages } from './outages';
import { createReconnectPacing, type ReconnectPacing } from './reconnectPacing';
import { CLUSTER_QUEUE, CLUSTER_SHARDS, type Shard, SINGLE_SHARD } from './shards';
import { reconnectWhenSilent } from './keepalive';
import { createSlotMap } from '../cluster/slotMap';
import { createProblems } from '../health/problems';

/**
 * - `failing-fast`: for callers that must not wait. A command without an answer fails after half a second, and at
 *   once while there is no connection (D11: no Redis call delays a send).
 * - `patient`: for callers that have nothing else to do. Commands wait until Redis is available.
 * - `listening`: patient, for subscriptions and for commands that block for a few seconds.
 * - `self-subscribing`: listening, for callers that subscribe again on each `ready` event.
 */
export type RedisConnectionKind = 'failing-fast' | 'patient' | 'listening' | 'self-subscribing';

export interface RedisConnectionSettings {
  /** One Redis, or the nodes of a cluster; see `parseRedisAddress`. */
  url: string;
  /** Prefix of every key and channel, so that tests and instances can share one Redis. */
  prefix?: string;
  log: Log;
}

/** Owns all connections of one process to Redis. */
export interface RedisConnections {
  readonly prefix: string;
  /** Shards over which keys are spread by `chooseFor`. A single Redis has one shard without a tag. */
  readonly shards: readonly Shard[];
  /** Shard of the queue, and of keys that must be lost together with it. */
  readonly queueShard: Shard;
  /**
   * Opens a connection to the master of this shard, wherever the cluster puts it. It reconnects until it is released
   * or everything is closed. Never throws; errors are logged once per outage and never end the process.
   */
  open(kind: RedisConnectionKind, name: string, shard: Shard): Redis;
  /** Why Redis is reachable but cannot be used, in one sentence; undefined while it can be used. */
  problem(): string | undefined;
  /** Closes one connection within half a second, whether or not Redis answers. A second call does nothing. */
  release(connection: Redis): Promise<void>;
  /** Releases all open connections. */
  close(): Promise<void>;
}

/** Limit for a failing-fast command, milliseconds. */
const COMMAND_TIMEOUT_MS = 500;
/** Limit for a blocking command, seconds: well below the silence that counts as a cut. */
export const BLOCKING_COMMAND_S = 2;

/**
 * Error replies after which only a new connection helps: the server is not a master, or not yet one, or refuses the
 * login. They also appear inside script errors.
 */
const NO_USE = /(^|[ -])(READONLY|MASTERDOWN|LOADING|UNBLOCKED|NOAUTH) /;
/** A cluster connection that has lasted this long will not be refused any more. */
const CLUSTER_SETTLE_MS = 1_000;

export function createRedisConnections({
  url,
  prefix = '',
  log,
}: RedisConnectionSettings): RedisConnections {
  const releasers = new Map<Redis, () => Promise<void>>();
  const pacings = new WeakMap<Redis, ReconnectPacing>();
  const redis = reach(parseRedisAddress(url));
  const problems = createProblems(log);
  const outages = logOutages(log, redis.settleMs, () => problems.current() !== undefined);
  const probeKey = `${prefix}chasqui:probe`;
  const watch = createMasterWatch({
    isCluster: redis.askAddress === null,
    ask: () =>
      redis.askAddress?.(probeKey) ?? Promise.reject(new Error('a cluster has many addresses')),
    problems,
    onRefused: (connection) => pacings.get(connection)?.refused(),
    log,
  });

  const release = async (connection: Redis): Promise<void> => {
    const releaser = releasers.get(connection);
    releasers.delete(connection);
    await releaser?.();
  };

  return {
    prefix,
    shards: redis.shards,
    queueShard: redis.queueShard,
    open(kind, name, shard) {
      const pacing = createReconnectPacing();
      const onRefused = (): void => {
        pacing.refused();
        watch.suspect();
      };
      const connection = redis.connect(
        optionsFor(kind, name, {
          pacing,
          onRefused,
          onErrorReply: (message) => problems.replied(message),
        }),
        kind,
        shard,
      );
      pacings.set(connection, pacing);
      const stopLogging = outages.follow(connection, name);
      const stopComparing = watch.follow(connection);
      const stopWatching = reconnectWhenSilent(connection, () =>
        log.warn({ connection: name }, 'Redis does not answer; reconnecting'),
      );
      releasers.set(connection, async () => {
        stopWatching();
        stopComparing();
        stopLogging();
        await disconnect(connection);
      });
      return connection;
    },
    problem: () => problems.current(),
    release,
    async close() {
      problems.stop();
      watch.close();
      redis.close();
      await Promise.all([...releasers.keys()].map(release));
    },
  };
}

/** The differences between a single Redis and a cluster, hidden from callers. */
interface Reach {
  shards: readonly Shard[];
  queueShard: Shard;
  settleMs: number;
  /** Asks the server behind the address and tests a write to this key; null for a cluster. */
  askAddress: ((key: string) => Promise<ServerAnswer>) | null;
  connect(options: RedisOptions, kind: RedisConnectionKind, shard: Shard): Redis;
  close(): void;
}

function reach(address: RedisAddress): Reach {
  const { cluster } = address;
  if (cluster === null) {
    return {
      shards: [SINGLE_SHARD],
      queueShard: SINGLE_SHARD,
      settleMs: 0,
      askAddress: (key) => askServer(address.url, key),
      connect: (options) => new Redis(address.url, options),
      close: () => undefined,
    };
  }
  const map = createSlotMap(cluster);
  return {
    shards: CLUSTER_SHARDS,
    queueShard: CLUSTER_QUEUE,
    settleMs: CLUSTER_SETTLE_MS,
    askAddress: null,
    connect: (options, kind, { slot }) =>
      new Redis({
        ...options,
        ...followSlot(map, cluster, slot, kind !== 'failing-fast'),
      }),
    close: () => map.close(),
  };
}

interface Reconnecting {
  pacing: ReconnectPacing;
  /** Called when the server answered that it is not a master. */
  onRefused(): void;
  onErrorReply(message: string): void;
}

function optionsFor(
  kind: RedisConnectionKind,
  name: string,
  { pacing, onRefused, onErrorReply }: Reconnecting,
): RedisOptions {
  const shared: RedisOptions = {
    connectionName: `chasqui-${name}`,
    disableClientInfo: true,
    connectTimeout: 3_000,
    // The connection may be the one that hangs, so its end is not awaited for long.
    disconnectTimeout: DISCONNECT_WITHIN_MS,
    keepAlive: 10_000,
    retryStrategy: (attempt) => pacing.delayBefore(attempt),
    reconnectOnError({ message }) {
      onErrorReply(message);
      if (!NO_USE.test(message)) return false;
      onRefused();
      // 2 resends the command once there is a master; 1 lets it fail.
      return kind === 'failing-fast' ? 1 : 2;
    },
  };
  switch (kind) {
    case 'failing-fast':
      return {
        ...shared,
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        // The caller has already continued without the answer.
        autoResendUnfulfilledCommands: false,
        commandTimeout: COMMAND_TIMEOUT_MS,
      };
    case 'patient':
      return { ...shared, maxRetriesPerRequest: null };
    case 'listening':
      // Bull requires that this connection has no ready check.
      return { ...shared, maxRetriesPerRequest: null, enableReadyCheck: false };
    case 'self-subscribing':
      return {
        ...shared,
        maxRetriesPerRequest: null,
        enableReadyCheck: false,
        autoResubscribe: false,
        autoResendUnfulfilledCommands: false,
      };
  }
}

/** Closes a connection in any state, within half a second. */
async function disconnect(connection: Redis): Promise<void> {
  if (connection.status === 'end') return;
  await new Promise<void>((resolve) => {
    const deadline = setTimeout(resolve, 500);
    connection.once('end', () => {
      clearTimeout(deadline);
      resolve();
    });
    // While ioredis waits to reconnect, there is no socket, so no `end` event follows.
    const between = connection.status === 'reconnecting';
    connection.disconnect();
    if (between) {
      clearTimeout(deadline);
      resolve();
    }
  });
}
