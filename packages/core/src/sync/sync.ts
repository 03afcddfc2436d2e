import { type Database, readCursorKey } from '@chasqui/db';
import type { Clock } from '@chasqui/foundation';
import { readConversations } from '../conversations/read/readConversations';
import type { PageRequest } from '../paging/page';
import { type SyncAnswer, syncChanges } from './syncChanges';

export interface Sync {
  /**
   * Everything that changed for the user since the cursor (D7), one page at a time: at most `limit` messages and
   * `limit` conversations, and at most 1 MiB. Without a cursor: nothing, and a cursor that starts now. Repeating
   * a call returns what has changed by then. Throws ValidationError for a cursor that is invalid, of another user
   * or older than 90 days, NotFoundError for an unknown user, UnavailableError if PostgreSQL does not answer.
   */
  readChanges(userId: string, page: PageRequest): Promise<SyncAnswer>;
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
  return { readChanges: (userId, page) => syncChanges(deps, userId, page) };
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
