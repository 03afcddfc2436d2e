import type { Bus, Log } from '@pern/delivery/ports';
import type { SessionBook } from '../identity/sessionBook';
import type { SessionEndings } from '../identity/sessionEndings';
import type { ConnectionRegistry } from './registry';

/** How late an ending may be heard of at the most, when the news of it was lost: a node without Redis. */
const RECHECK_MS = 5_000;
const SESSIONS_AT_ONCE = 1_000;
/** How long an ending is remembered for handshakes that were on their way when it came. */
const REMEMBERED_MS = 15_000;

export interface SessionGuard {
  /** Whether the session ended a moment ago, so that an answer read before that counts for nothing. */
  endedJustNow(sessionId: string): boolean;
  stop(): void;
}

interface Deps {
  registry: ConnectionRegistry;
  sessionBook: SessionBook;
  endings: SessionEndings;
  bus: Bus;
  log: Log;
}

/**
 * Closes the connections of sessions that have ended: at once when the news comes, and for news that
 * was lost every 5 s and whenever the bus returns (FAULTS, attackers 5).
 */
export function guardSessions({ registry, sessionBook, endings, bus, log }: Deps): SessionGuard {
  const ended = new Map<string, number>();

  function close(sessionIds: Iterable<string>): void {
    for (const sessionId of sessionIds) {
      for (const { socket } of registry.ofSession(sessionId)) socket.disconnect(true);
    }
  }

  function remember(sessionIds: string[]): void {
    const now = Date.now();
    for (const [sessionId, at] of ended) if (now - at > REMEMBERED_MS) ended.delete(sessionId);
    for (const sessionId of sessionIds) ended.set(sessionId, now);
  }

  async function recheck(): Promise<void> {
    const all = registry.sessionIds();
    for (let from = 0; from < all.length; from += SESSIONS_AT_ONCE) {
      const some = all.slice(from, from + SESSIONS_AT_ONCE);
      const living = await sessionBook.living(some);
      close(some.filter((sessionId) => !living.has(sessionId)));
    }
  }

  let checking = false;
  function recheckOnce(): void {
    if (checking) return;
    checking = true;
    recheck()
      .catch((error: unknown) => log.warn({ err: error }, 'sessions could not be checked'))
      .finally(() => {
        checking = false;
      });
  }

  const timer = setInterval(recheckOnce, RECHECK_MS);
  timer.unref();
  const stops = [
    endings.onEnded((sessionIds) => {
      remember(sessionIds);
      close(sessionIds);
    }),
    bus.onRecovered(recheckOnce),
  ];

  return {
    endedJustNow: (sessionId) => ended.has(sessionId),
    stop() {
      clearInterval(timer);
      for (const stop of stops) stop();
    },
  };
}
