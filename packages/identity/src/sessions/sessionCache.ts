import { type Database, sessionStatements } from '@chasqui/db';
import { LRUCache } from 'lru-cache';
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

/**
 * Concurrent lookups share one statement: 2,000 clients that reconnect at once cost a handful of
 * queries (fault 28).
 */
export function createSessionCache(db: Database, lifetime: SessionLifetime): SessionCache {
  const cache = new LRUCache<string, Promise<LiveSession | null>>({
    ...{ max: CACHED_MAX, ttl: CACHED_MS, ttlResolution: 0 },
  });
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
      if (known) return known;
      const session = readTogether(sessionId);
      cache.set(sessionId, session);
      // Errors are not cached.
      session.catch(() => {
        if (cache.peek(sessionId) === session) cache.delete(sessionId);
      });
      return session;
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
