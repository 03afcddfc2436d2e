import { type Database, fillSearchNames } from '@chasqui/db';

/** Rows per statement. A server that writes one of them meanwhile waits at most a tenth of a second. */
const USERS_AT_ONCE = 100;

/**
 * Writes the search form of every user that has none: all users after an upgrade, later those that a server of the
 * previous release created. Costs one probe of an empty index when there is nothing to do. Stops early when `isOver`
 * returns true.
 */
export async function fillAllSearchNames(db: Database, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    if ((await fillSearchNames(db, USERS_AT_ONCE)) < USERS_AT_ONCE) return;
  }
}
