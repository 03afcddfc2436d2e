import type Redis from 'ioredis';
import type { Log } from '@chasqui/foundation';

export interface Outages {
  /**
   * Starts watching a connection, and keeps its 'error' events from ending the process. Returns a function that stops
   * it.
   */
  follow(connection: Redis, name: string): () => void;
}

/**
 * Logs one line when the first connection is lost and one when all are back, however many connections retry however
 * often. A connection counts as back after `settleMs`: a cluster that is down accepts connections and refuses
 * commands afterwards. Logs nothing while `isExplained`: the cause has been logged separately.
 */
export function logOutages(log: Log, settleMs: number, isExplained: () => boolean): Outages {
  const out = new Map<Redis, NodeJS.Timeout | undefined>();
  let isLogged = false;

  const end = (connection: Redis): void => {
    if (!out.delete(connection) || out.size > 0 || !isLogged) return;
    isLogged = false;
    log.info({}, 'Redis is reachable again');
  };

  return {
    follow(connection, name) {
      const onLost = (error?: Error): void => {
        if (!isLogged && !isExplained()) {
          log.warn({ connection: name, reason: error?.message }, 'Redis is not reachable');
          isLogged = true;
        }
        clearTimeout(out.get(connection));
        out.set(connection, undefined);
      };
      const onClose = (): void => onLost();
      const onReady = (): void => {
        if (!out.has(connection)) return;
        if (settleMs === 0) {
          end(connection);
          return;
        }
        clearTimeout(out.get(connection));
        const timer = setTimeout(end, settleMs, connection);
        timer.unref();
        out.set(connection, timer);
      };
      connection.on('error', onLost).on('close', onClose).on('ready', onReady);
      return () => {
        connection.off('close', onClose).off('ready', onReady).off('error', onLost);
        connection.on('error', () => undefined);
        clearTimeout(out.get(connection));
        out.delete(connection);
      };
    },
  };
}
