import type { Database } from '@pern/db/connect';
import { fillSearchNames } from '@pern/db/fillSearchNames';

/** Rows of one statement: a server that writes one of them meanwhile waits for a tenth of a second at most. */
const USERS_AT_ONCE = 100;

/**
 * Writes the search form of every user that has none, after an upgrade all of them, later those that a server of the
 * release before has written. Without any it costs one look into an empty index. Ends early when `isOver`.
 */
export async function fillAllSearchNames(db: Database, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    if ((await fillSearchNames(db, USERS_AT_ONCE)) < USERS_AT_ONCE) return;
  }
}
