import { type Database, guarded, readCursorKey } from '@chasqui/db';
import type { Clock } from '@chasqui/foundation';
import { readConversations } from '../conversations/read/readConversations';
import type { PageRequest } from '../paging/page';
import { invalidCursor } from '../paging/pageCursor';
import { changePosition, coveredSeqs } from './statements';
import { decodeSyncCursor } from './syncCursor';
import { type SyncAnswer, syncChanges } from './syncChanges';

export interface Sync {
  /**
   * Everything that changed for the user since the cursor (D7), one page at a time: at most `limit` messages and
   * `limit` conversations, and at most 1 MiB. Without a cursor: nothing, and a cursor that starts now. Repeating
   * a call returns what has changed by then. Throws ValidationError for a cursor that is invalid, of another user
   * or older than 90 days, NotFoundError for an unknown user, UnavailableError if PostgreSQL does not answer.
   */
  readChanges(userId: string, page: PageRequest): Promise<SyncAnswer>;
  /**
   * The position in the user's change log that a cursor stands for. Throws ValidationError for a cursor that
   * `readChanges` refuses, UnavailableError if PostgreSQL does not answer.
   */
  positionOf(userId: string, cursor: string): Promise<number>;
  /**
   * For each conversation that changed after the cursor, the seq that the cursor covers. It covers all entries of the
   * others. Throws as `positionOf`.
   */
  coveredBy(userId: string, cursor: string): Promise<Map<string, number>>;
}

export function createSync({ db, clock }: { db: Database; clock: Clock }): Sync {
  const cursorKey = lazily(() => readCursorKey(db));
  const deps = {
    db,
    cursorKey,
    now: () => clock.now(),
    readConversations: (userId: string, ids: string[]) =>
      readConversations(db, userId, ids, { preview: true }),
  };
  async function positionOf(userId: string, cursor: string): Promise<number> {
    const { since } = decodeSyncCursor(await cursorKey(), userId, cursor, clock.now());
    const newest = await changePosition.row(db);
    // The database was restored from a backup that is older than the cursor.
    if (newest === undefined || since > newest) throw invalidCursor();
    return since;
  }

  return {
    readChanges: (userId, page) => syncChanges(deps, userId, page),
    positionOf: (userId, cursor) => guarded(() => positionOf(userId, cursor)),
    coveredBy: (userId, cursor) =>
      guarded(async () => {
        const since = await positionOf(userId, cursor);
        const covered = await coveredSeqs.rows(db, userId, since);
        return new Map(covered.map(({ conversationId, seq }) => [conversationId, seq]));
      }),
  };
}

/** Caches the first success; after a failure, the next call tries again. */
function lazily<T>(read: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= read().catch((error: unknown) => {
      result = undefined;
      throw error;
    });
    return result;
  };
}
