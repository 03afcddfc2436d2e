import type { Bus, CloseReason } from '@chasqui/core/ports';
import type { Log } from '@chasqui/foundation';
import type { SessionCache, SessionEndings } from '@chasqui/identity';
import type { ConnectionRegistry } from './registry';

/** How often PostgreSQL is polled for ended sessions, in case a notification was lost unnoticed. */
const POLL_MS = 4_000;
/** The same while the bus is down. */
const POLL_WHILE_BUS_DOWN_MS = 2_000;
const TICK_MS = 1_000;
const SESSIONS_AT_ONCE = 1_000;
/** How long an ended session is remembered, for handshakes that were in progress when it ended. */
const REMEMBERED_MS = 15_000;

const SESSION_ENDED: CloseReason = { text: 'the session ended', reconnect: false };

export interface SessionGuard {
  /** Whether the session ended during the last seconds, so that an earlier check of it is outdated. */
  endedJustNow(sessionId: string): boolean;
  stop(): void;
}

interface Deps {
  registry: ConnectionRegistry;
  sessionCache: SessionCache;
  endings: SessionEndings;
  bus: Bus;
  log: Log;
}

/**
 * Closes the connections of sessions that have ended: immediately when the notification arrives. To make up for lost
 * notifications it polls PostgreSQL every 4 s, every 2 s while the bus is down, every second while polls fail, and when
 * the bus recovers.
 */
export function guardSessions({ registry, sessionCache, endings, bus, log }: Deps): SessionGuard {
  const ended = new Map<string, number>();

  function close(sessionIds: Iterable<string>): void {
    for (const sessionId of sessionIds) {
      for (const connection of registry.ofSession(sessionId)) connection.close(SESSION_ENDED);
    }
  }

  function remember(sessionIds: string[]): void {
    const now = Date.now();
    for (const [sessionId, at] of ended) if (now - at > REMEMBERED_MS) ended.delete(sessionId);
    for (const sessionId of sessionIds) ended.set(sessionId, now);
  }

  async function poll(): Promise<void> {
    const all = registry.sessionIds();
    const expired: string[] = [];
    const living = new Set<string>();
    for (let from = 0; from < all.length; from += SESSIONS_AT_ONCE) {
      const some = all.slice(from, from + SESSIONS_AT_ONCE);
      const states = await sessionCache.states(some);
      close(some.filter((sessionId) => !states.has(sessionId)));
      for (const [sessionId, state] of states) {
        if (state === 'living') living.add(sessionId);
        else expired.push(sessionId);
      }
    }
    leaveExpired(expired, living);
  }

  /**
   * An expired session closes the connections that depend on it alone. A connection that has presented a later token
   * continues: with another issuer, every token may be a session of its own.
   */
  function leaveExpired(expired: readonly string[], living: ReadonlySet<string>): void {
    for (const sessionId of expired) {
      for (const connection of registry.ofSession(sessionId)) {
        const continues = connection.sessionIds.some((other) => living.has(other));
        if (continues) registry.unlink(connection, sessionId);
        else connection.close(SESSION_ENDED);
      }
    }
  }

  let checking = false;
  let failing = false;
  let checkedAt = performance.now();
  async function pollOnce(): Promise<void> {
    if (checking) return;
    checking = true;
    try {
      await poll();
      failing = false;
    } catch (error) {
      // Log once per outage, not once per second.
      if (!failing) log.warn({ err: error }, 'checking the sessions failed; will retry');
      failing = true;
    }
    checkedAt = performance.now();
    checking = false;
  }

  const timer = setInterval(() => {
    const dueAfterMs = bus.connected() ? POLL_MS : POLL_WHILE_BUS_DOWN_MS;
    if (failing || performance.now() - checkedAt >= dueAfterMs) void pollOnce();
  }, TICK_MS);
  timer.unref();
  const stops = [
    endings.onEnded((sessionIds) => {
      remember(sessionIds);
      close(sessionIds);
    }),
    bus.onRecovered(() => void pollOnce()),
  ];

  return {
    endedJustNow: (sessionId) => ended.has(sessionId),
    stop() {
      clearInterval(timer);
      for (const stop of stops) stop();
    },
  };
}
