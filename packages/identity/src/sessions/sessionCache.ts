import { type Database, sessionStatements } from '@chasqui/db';
import type { SessionLifetime } from './sessionLifetime';

/** A session that has neither ended nor expired, and its user. */
export interface LiveSession {
  sessionId: string;
  userId: string;
  username: string;
  /** Milliseconds since 1970, unless the session is extended. */
  expiresAt: number;
}

export interface SessionCache {
  /**
   * The session as of at most 3 s ago, or null. Throws if PostgreSQL is down and nothing is cached.
   */
  find(sessionId: string): Promise<LiveSession | null>;
  /**
   * Those of the sessions that nobody has ended, straight from PostgreSQL: `living`, or `expired`
   * if their time is over. Missing ones have been ended.
   */
  states(sessionIds: string[]): Promise<Map<string, 'living' | 'expired'>>;
  /** Invalidates the cache for these sessions. */
  forget(sessionIds: string[]): void;
}

const CACHED_MS = 3_000;
const CACHED_MAX = 50_000;

interface Entry {
  at: number;
  session: Promise<LiveSession | null>;
}

/**
 * Concurrent lookups share one statement: 2,000 clients that reconnect at once cost a handful of
 * queries (fault 28).
 */
export function createSessionCache(
  db: Database,
  lifetime: SessionLifetime,
  now: () => number = Date.now,
): SessionCache {
  const cache = new Map<string, Entry>();
  let batch: { ids: Set<string>; living: Promise<Map<string, LiveSession>> } | null = null;

  async function read(sessionIds: string[]): Promise<Map<string, LiveSession>> {
    const found = await sessionStatements.liveSessions.rows(db, sessionIds, lifetime.maxAgeS);
    return new Map(
      found.map(({ expiresAtS, ...session }) => [
        session.sessionId,
        { ...session, expiresAt: Math.round(expiresAtS * 1_000) },
      ]),
    );
  }

  function openBatch() {
    const ids = new Set<string>();
    const turn = new Promise<void>((resolve) => setImmediate(resolve));
    const living = turn.then(() => {
      batch = null;
      return read([...ids]);
    });
    return { ids, living };
  }

  async function readTogether(sessionId: string): Promise<LiveSession | null> {
    batch ??= openBatch();
    batch.ids.add(sessionId);
    const living = await batch.living;
    return living.get(sessionId) ?? null;
  }

  return {
    find(sessionId) {
      const known = cache.get(sessionId);
      if (known && now() - known.at < CACHED_MS) return known.session;
      const entry: Entry = { at: now(), session: readTogether(sessionId) };
      cache.delete(sessionId);
      cache.set(sessionId, entry);
      // Errors are not cached.
      entry.session.catch(() => {
        if (cache.get(sessionId) === entry) cache.delete(sessionId);
      });
      if (cache.size > CACHED_MAX) {
        const oldest = cache.keys().next();
        if (!oldest.done) cache.delete(oldest.value);
      }
      return entry.session;
    },
    async states(sessionIds) {
      const found = await sessionStatements.unrevokedSessions.rows(
        db,
        sessionIds,
        lifetime.maxAgeS,
      );
      return new Map(
        found.map(({ sessionId, isLive }) => [sessionId, isLive ? 'living' : 'expired']),
      );
    },
    forget(sessionIds) {
      for (const sessionId of sessionIds) cache.delete(sessionId);
    },
  };
}
