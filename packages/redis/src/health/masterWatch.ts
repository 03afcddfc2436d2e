import type Redis from 'ioredis';
import type { Log } from '@chasqui/foundation';
import type { ServerAnswer } from './askServer';
import { complaintsAbout, parseServerInfo, type ServerInfo, tooOld } from './serverInfo';
import type { Problems } from './problems';

/**
 * Finds connections that are open but useless. After a failover behind one address, the former master may stay up as
 * a replica or even as a second master, and connections to it are never closed. A write to a replica gets READONLY,
 * but a subscription never gets an error.
 *
 * Each connection reads the run id of its server when it connects. Every two seconds, a new connection checks which
 * server the address leads to. Connections to any other server reconnect.
 */
export interface MasterWatch {
  /** Starts watching a connection. Returns a function that stops it. */
  follow(connection: Redis): () => void;
  /** Called when a server refused a write: compares at once instead of at the next interval. */
  suspect(): void;
  close(): void;
}

export interface MasterWatchOptions {
  /** Whether REDIS_URL names a cluster. Its connections follow their slots and are not compared. */
  isCluster: boolean;
  /** Asks over a fresh connection. Rejects within about two seconds. */
  ask(): Promise<ServerAnswer>;
  problems: Problems;
  /** Called before a connection to a replica is closed. */
  onRefused(connection: Redis): void;
  log: Log;
}

const COMPARE_EVERY_MS = 2_000;
/** Two answers with this pause between them must agree: the address may flap during a failover. */
const CONFIRM_AFTER_MS = 200;

export function createMasterWatch(options: MasterWatchOptions): MasterWatch {
  const { isCluster, ask, problems, onRefused, log } = options;
  /** Run id of each connection's server; null while unknown. */
  const runIds = new Map<Redis, string | null>();
  const judged = new Set<string>();
  let lastMaster: string | undefined;
  let isComparing = false;
  let isReplicaReported = false;
  let closed = false;

  const complain = (info: ServerInfo): void => {
    if (info.runId === undefined || judged.has(info.runId)) return;
    // A server gets a new run id with each restart.
    if (judged.size > 1_000) judged.clear();
    judged.add(info.runId);
    for (const complaint of complaintsAbout(info, isCluster)) log.error({}, complaint);
  };

  const reportReplica = (): void => {
    if (!isReplicaReported) log.warn({}, 'REDIS_URL leads to a replica; waiting for a master');
    isReplicaReported = true;
  };

  async function identify(connection: Redis): Promise<void> {
    const { stream } = connection;
    runIds.set(connection, null);
    // An ACL may forbid INFO; then READONLY replies are the only sign.
    const text = await connection.info().catch(() => undefined);
    if (text === undefined || connection.stream !== stream || !runIds.has(connection)) return;
    const info = parseServerInfo(text);
    complain(info);
    const refusal = tooOld(info);
    if (refusal !== undefined) {
      problems.found(refusal);
      onRefused(connection);
      connection.disconnect(true);
      return;
    }
    if (isCluster) return;
    runIds.set(connection, info.runId ?? null);
    if (!info.isReplica) return;
    reportReplica();
    onRefused(connection);
    connection.disconnect(true);
  }

  /** Returns the run id of the server behind the address; undefined when it is not a master, or unknown. */
  async function currentMaster(): Promise<string | undefined> {
    const answer = await ask();
    const info = parseServerInfo(answer.info);
    complain(info);
    const refusal = tooOld(info);
    if (refusal !== undefined) {
      problems.found(refusal);
      return undefined;
    }
    if (info.isReplica) {
      reportReplica();
      if (answer.refusal !== undefined) problems.replied(answer.refusal);
      return undefined;
    }
    if (answer.refusal === undefined) problems.works();
    else problems.replied(answer.refusal);
    isReplicaReported = false;
    return info.runId;
  }

  const isElsewhere = (connection: Redis, master: string): boolean => {
    const runId = runIds.get(connection) ?? null;
    return runId === null ? lastMaster !== undefined && master !== lastMaster : runId !== master;
  };
  const elsewhere = (master: string): Redis[] =>
    [...runIds.keys()].filter(
      (connection) =>
        (connection.status === 'ready' || connection.status === 'connect') &&
        isElsewhere(connection, master),
    );

  async function compare(): Promise<void> {
    if (isComparing || closed || isCluster || runIds.size === 0) return;
    isComparing = true;
    try {
      const master = await currentMaster();
      if (master === undefined) return;
      if (elsewhere(master).length > 0) {
        await new Promise((resolve) => setTimeout(resolve, CONFIRM_AFTER_MS).unref());
        if ((await currentMaster()) !== master || closed) return;
        const stranded = elsewhere(master);
        if (stranded.length > 0) {
          log.warn({ connections: stranded.length }, 'Redis has failed over; reconnecting');
        }
        for (const connection of stranded) connection.disconnect(true);
      }
      lastMaster = master;
    } catch {
      // No server answers at the address; each connection notices that by itself.
    } finally {
      isComparing = false;
    }
  }

  const timer = setInterval(() => void compare(), COMPARE_EVERY_MS);
  timer.unref();

  return {
    follow(connection) {
      // On 'connect', before 'ready': a subscriber can still send commands.
      const onConnect = (): void => void identify(connection);
      const onClose = (): void => void runIds.set(connection, null);
      runIds.set(connection, null);
      connection.on('connect', onConnect).on('close', onClose);
      return () => {
        connection.off('connect', onConnect).off('close', onClose);
        runIds.delete(connection);
      };
    },
    suspect: () => void compare(),
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}
