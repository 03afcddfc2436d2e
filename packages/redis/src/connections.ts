import Redis, { type RedisOptions } from 'ioredis';
import type { Log } from '@pern/delivery/ports';
import { parseRedisAddress, type RedisAddress } from '@pern/settings/redisAddress';
import { askServer, type ServerAnswer } from './askServer';
import { DISCONNECT_WITHIN_MS, followSlot } from './followSlot';
import { createMasterWatch } from './masterWatch';
import { logOutages } from './outages';
import { createReconnectPacing, type ReconnectPacing } from './reconnectPacing';
import { CLUSTER_QUEUE, CLUSTER_SHARDS, type Shard, WHOLE } from './shards';
import { cutWhenSilent } from './silence';
import { createSlotMap } from './slotMap';
import { createTroubles } from './troubles';

/**
 * - `failing-fast`: for whoever must not wait. A command without an answer fails after half a
 *   second, and at once while there is no connection (D11: no Redis call holds up a send).
 * - `patient`: for whoever has nothing else to do. Commands wait for Redis for ever.
 * - `listening`: patient, for subscriptions and for blocking commands of a few seconds.
 * - `self-subscribing`: listening, for who subscribes again by itself each time it is `ready`.
 */
export type ConnectionKind = 'failing-fast' | 'patient' | 'listening' | 'self-subscribing';

export interface ConnectionSettings {
  /** As `parseRedisAddress` reads it: one Redis, or nodes of a cluster. */
  url: string;
  /** Stands before every key and channel, so that tests and instances can share one Redis. */
  prefix?: string;
  log: Log;
}

/** Owner of all connections of one process to Redis. */
export interface Connections {
  readonly prefix: string;
  /** What can be spread is spread over these, by `chooseFor`. One, without a tag, on a single Redis. */
  readonly shards: readonly Shard[];
  /** The shard of the queue and of what has to be lost together with it. */
  readonly queueShard: Shard;
  /**
   * A new connection to the master of this shard, wherever the cluster puts it, that reconnects by itself until it is released or everything is closed. Never
   * throws; errors are logged once per outage and end no process.
   */
  open(kind: ConnectionKind, name: string, shard: Shard): Redis;
  /** Why a Redis that can be reached cannot be used, in one sentence; undefined while it can. */
  trouble(): string | undefined;
  /** Ends one connection, whether Redis answers or not, within half a second. A second call does nothing. */
  release(connection: Redis): Promise<void>;
  /** Releases all that are still open. */
  close(): Promise<void>;
}

/** How long a failing-fast command may take, milliseconds. */
const COMMAND_TIMEOUT_MS = 500;
/** How long Redis may hold a blocking command, seconds: well below the silence that is taken for a cut. */
export const BLOCKING_COMMAND_S = 2;

/**
 * Replies after which only another connection helps: of a server that is no master, or not yet one, or
 * that does not know the login. Within the error of a script too.
 */
const NO_USE = /(^|[ -])(READONLY|MASTERDOWN|LOADING|UNBLOCKED|NOAUTH) /;
/** A connection into a cluster that has lasted so long is not about to be refused. */
const CLUSTER_SETTLE_MS = 1_000;

export function createConnections({ url, prefix = '', log }: ConnectionSettings): Connections {
  const releasers = new Map<Redis, () => Promise<void>>();
  const pacings = new WeakMap<Redis, ReconnectPacing>();
  const redis = reach(parseRedisAddress(url));
  const troubles = createTroubles(log);
  const outages = logOutages(log, redis.settleMs, () => troubles.current() !== undefined);
  const probeKey = `${prefix}chasqui:probe`;
  const watch = createMasterWatch({
    isCluster: redis.askAddress === null,
    ask: () =>
      redis.askAddress?.(probeKey) ?? Promise.reject(new Error('a cluster has many addresses')),
    troubles,
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
          onErrorReply: (message) => troubles.replied(message),
        }),
        kind,
        shard,
      );
      pacings.set(connection, pacing);
      const stopLogging = outages.follow(connection, name);
      const stopComparing = watch.follow(connection);
      const stopWatching = cutWhenSilent(connection, () =>
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
    trouble: () => troubles.current(),
    release,
    async close() {
      troubles.stop();
      watch.close();
      redis.close();
      await Promise.all([...releasers.keys()].map(release));
    },
  };
}

/** How a single Redis and a cluster differ; callers need not know. */
interface Reach {
  shards: readonly Shard[];
  queueShard: Shard;
  settleMs: number;
  /** Asks the server at the one address, with a write to this key; null for a cluster. */
  askAddress: ((key: string) => Promise<ServerAnswer>) | null;
  connect(options: RedisOptions, kind: ConnectionKind, shard: Shard): Redis;
  close(): void;
}

function reach(address: RedisAddress): Reach {
  const { cluster } = address;
  if (cluster === null) {
    return {
      shards: [WHOLE],
      queueShard: WHOLE,
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
  /** The server has answered that it is no master. */
  onRefused(): void;
  onErrorReply(message: string): void;
}

function optionsFor(
  kind: ConnectionKind,
  name: string,
  { pacing, onRefused, onErrorReply }: Reconnecting,
): RedisOptions {
  const shared: RedisOptions = {
    connectionName: `chasqui-${name}`,
    disableClientInfo: true,
    connectTimeout: 3_000,
    // It may be this connection that does not answer: its end is not awaited for long.
    disconnectTimeout: DISCONNECT_WITHIN_MS,
    keepAlive: 10_000,
    retryStrategy: (attempt) => pacing.delayBefore(attempt),
    reconnectOnError({ message }) {
      onErrorReply(message);
      if (!NO_USE.test(message)) return false;
      onRefused();
      // 2 sends the command again once there is a master; 1 lets it fail.
      return kind === 'failing-fast' ? 1 : 2;
    },
  };
  switch (kind) {
    case 'failing-fast':
      return {
        ...shared,
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        // The caller has gone on without the answer.
        autoResendUnfulfilledCommands: false,
        commandTimeout: COMMAND_TIMEOUT_MS,
      };
    case 'patient':
      return { ...shared, maxRetriesPerRequest: null };
    case 'listening':
      // Bull insists on no ready check here.
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

/** Ends a connection in any of its states, within half a second. */
async function disconnect(connection: Redis): Promise<void> {
  if (connection.status === 'end') return;
  await new Promise<void>((resolve) => {
    const deadline = setTimeout(resolve, 500);
    connection.once('end', () => {
      clearTimeout(deadline);
      resolve();
    });
    // Between two attempts to connect there is no socket whose end would be told.
    const between = connection.status === 'reconnecting';
    connection.disconnect();
    if (between) {
      clearTimeout(deadline);
      resolve();
    }
  });
}
