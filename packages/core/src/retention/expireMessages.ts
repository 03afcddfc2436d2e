import { type Database, guarded } from '@chasqui/db';

/** What one transaction takes at most. A conversation is held meanwhile, and its sends wait. */
const CONVERSATIONS = 20;
const MESSAGES_OF_EACH = 250;

const STEP = 'SELECT expired, more FROM expire_messages($1, $2)';

/**
 * Makes tombstones of messages that have outlived their conversation's retention, by the clock of
 * PostgreSQL, in one bounded transaction. Any number of processes may do so at once, and any may die at any
 * moment: what it had not committed is found again. `more` says that another call will find something.
 */
export function expireMessages(db: Database): Promise<{ expired: number; more: boolean }> {
  return guarded(async () => {
    const [row] = await db.query('expire_messages', STEP, [CONVERSATIONS, MESSAGES_OF_EACH]);
    const [expired, more] = row as [number, boolean];
    return { expired, more };
  });
}
