import type { Database } from '@pern/db/connect';

/** A session that has neither ended nor expired, and whose it is. */
export interface LiveSession {
  sessionId: string;
  userId: string;
  username: string;
  /** Unless it is prolonged, milliseconds since 1970. */
  expiresAt: number;
}

export interface SessionBook {
  /** The session as it was at most 3 s ago, or null. Throws when PostgreSQL is gone and nothing is known. */
  find(sessionId: string): Promise<LiveSession | null>;
  /** Of these sessions, those that live; straight from PostgreSQL. */
  living(sessionIds: string[]): Promise<Set<string>>;
  /** Makes the next look go to PostgreSQL. */
  forget(sessionIds: string[]): void;
}

const CACHED_MS = 3_000;
const CACHED_MAX = 50_000;

const SELECT_LIVING = `
  SELECT s.id, s.user_id, u.username, extract(epoch FROM s.expires_at)::float8
  FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE s.id = ANY ($1::uuid[]) AND s.revoked_at IS NULL AND s.expires_at > now()`;

interface Entry {
  at: number;
  session: Promise<LiveSession | null>;
}

/**
 * Who is asked for at the same moment is read in one statement: two thousand clients that reconnect
 * at once are a handful of queries (fault 28).
 */
export function createSessionBook(db: Database, now: () => number = Date.now): SessionBook {
  const cache = new Map<string, Entry>();
  let batch: { ids: Set<string>; living: Promise<Map<string, LiveSession>> } | null = null;

  async function read(sessionIds: string[]): Promise<Map<string, LiveSession>> {
    const rows = await db.query('living_sessions', SELECT_LIVING, [sessionIds]);
    return new Map(
      rows.map(([id, userId, username, expires]) => [
        String(id),
        {
          ...{ sessionId: String(id), userId: String(userId), username: String(username) },
          expiresAt: Math.round(Number(expires) * 1000),
        },
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
      // An error is not an answer: the next one asks again.
      entry.session.catch(() => {
        if (cache.get(sessionId) === entry) cache.delete(sessionId);
      });
      if (cache.size > CACHED_MAX) {
        const oldest = cache.keys().next();
        if (!oldest.done) cache.delete(oldest.value);
      }
      return entry.session;
    },
    async living(sessionIds) {
      return new Set((await read(sessionIds)).keys());
    },
    forget(sessionIds) {
      for (const sessionId of sessionIds) cache.delete(sessionId);
    },
  };
}
