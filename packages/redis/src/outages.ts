import type Redis from 'ioredis';
import type { Log } from '@pern/delivery/ports';

export interface Outages {
  /** Also keeps 'error' from ending the process. Returns the stopper. */
  follow(connection: Redis, name: string): () => void;
}

/**
 * One line when the first connection is lost and one when all are back, however many there are and
 * however often they try. Back is who has stayed for `settleMs`: a cluster that is down lets itself be
 * connected to, and refuses only then. Nothing is logged while `isExplained`: the cause has a line of its own.
 */
export function logOutages(log: Log, settleMs: number, isExplained: () => boolean): Outages {
  const out = new Map<Redis, NodeJS.Timeout | undefined>();
  let told = false;

  const end = (connection: Redis): void => {
    if (!out.delete(connection) || out.size > 0 || !told) return;
    told = false;
    log.info({}, 'Redis is reachable again');
  };

  return {
    follow(connection, name) {
      const onLost = (error?: Error): void => {
        if (!told && !isExplained()) {
          log.warn({ connection: name, reason: error?.message }, 'Redis is not reachable');
          told = true;
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
