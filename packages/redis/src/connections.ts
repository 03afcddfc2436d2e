import Redis, { type RedisOptions } from 'ioredis';
import type { Log } from '@pern/delivery/ports';
import { cutWhenSilent } from './silence';

/**
 * - `failing-fast`: for whoever must not wait. A command without an answer fails after half a
 *   second, and at once while there is no connection (D11: no Redis call holds up a send).
 * - `patient`: for whoever has nothing else to do. Commands wait for Redis for ever.
 * - `listening`: patient, for subscriptions and for blocking commands of a few seconds.
 */
export type ConnectionKind = 'failing-fast' | 'patient' | 'listening';

export interface ConnectionSettings {
  url: string;
  /** Stands before every key and channel, so that tests and instances can share one Redis. */
  prefix?: string;
  log: Log;
}

/** Owner of all connections of one process to Redis. */
export interface Connections {
  readonly prefix: string;
  /**
   * A new connection that reconnects by itself until it is released or everything is closed. Never
   * throws; errors are logged once per outage and end no process.
   */
  open(kind: ConnectionKind, name: string): Redis;
  /** Ends one connection, whether Redis answers or not, within half a second. A second call does nothing. */
  release(connection: Redis): Promise<void>;
  /** Releases all that are still open. */
  close(): Promise<void>;
}

/** How long a failing-fast command may take, milliseconds. */
const COMMAND_TIMEOUT_MS = 500;
/** How long Redis may hold a blocking command, seconds: well below the silence that is taken for a cut. */
export const BLOCKING_COMMAND_S = 2;

const LONGEST_RECONNECT_DELAY_MS = 2_000;

export function createConnections({ url, prefix = '', log }: ConnectionSettings): Connections {
  const releasers = new Map<Redis, () => Promise<void>>();
  const outages = outageLog(log);

  const release = async (connection: Redis): Promise<void> => {
    const releaser = releasers.get(connection);
    releasers.delete(connection);
    await releaser?.();
  };

  return {
    prefix,
    open(kind, name) {
      const connection = new Redis(url, optionsFor(kind, name));
      const stopLogging = outages.follow(connection, name);
      const stopWatching = cutWhenSilent(connection, () =>
        log.warn({ connection: name }, 'Redis does not answer; reconnecting'),
      );
      releasers.set(connection, async () => {
        stopWatching();
        stopLogging();
        await disconnect(connection);
      });
      return connection;
    },
    release,
    async close() {
      await Promise.all([...releasers.keys()].map(release));
    },
  };
}

function optionsFor(kind: ConnectionKind, name: string): RedisOptions {
  const shared: RedisOptions = {
    connectionName: `chasqui-${name}`,
    disableClientInfo: true,
    connectTimeout: 3_000,
    // A connection that is given up is not mourned: it may be the one that does not answer.
    disconnectTimeout: 200,
    keepAlive: 10_000,
    retryStrategy: (times) =>
      Math.min(50 * 2 ** Math.min(times, 10), LONGEST_RECONNECT_DELAY_MS) *
      (0.75 + Math.random() / 2),
  };
  switch (kind) {
    case 'failing-fast':
      return {
        ...shared,
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        // Whoever sent it has gone on without the answer.
        autoResendUnfulfilledCommands: false,
        commandTimeout: COMMAND_TIMEOUT_MS,
      };
    case 'patient':
      return { ...shared, maxRetriesPerRequest: null };
    case 'listening':
      // Bull insists on no ready check here.
      return { ...shared, maxRetriesPerRequest: null, enableReadyCheck: false };
  }
}

/** One line when the first connection is lost and one when all are back, however many there are. */
function outageLog(log: Log) {
  const out = new Set<Redis>();
  const end = (connection: Redis): void => {
    if (out.delete(connection) && out.size === 0) log.info({}, 'Redis is reachable again');
  };
  return {
    /** Also keeps 'error' from ending the process. Returns the stopper. */
    follow(connection: Redis, name: string): () => void {
      const onLost = (error?: Error): void => {
        if (out.size === 0)
          log.warn({ connection: name, reason: error?.message }, 'Redis is not reachable');
        out.add(connection);
      };
      const onClose = (): void => onLost();
      const onReady = (): void => end(connection);
      connection.on('error', onLost).on('close', onClose).on('ready', onReady);
      return () => {
        connection.off('close', onClose).off('ready', onReady).off('error', onLost);
        connection.on('error', () => undefined);
        out.delete(connection);
      };
    },
  };
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
