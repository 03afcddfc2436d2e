import { isUuid } from '@chasqui/protocol';
import { decodeCursor, encodeCursor, invalidCursor } from './pageCursor';

/** Where a page of a list that is ordered by time and id ended. */
export interface PagePlace {
  /** ISO 8601. */
  at: string;
  id: string;
}

// The last millisecond of the year 9999: what comes after is written in a way that PostgreSQL does not read.
const LATEST_MS = 253_402_300_799_999;

/** The cursor to what follows in this list; `at` in milliseconds since 1970. */
export function encodePlace(list: string, at: number, id: string): string {
  return encodeCursor([list, at, id]);
}

/** Reads it back. Throws ValidationError for a cursor of another list or none at all. */
export function decodePlace(list: string, cursor: string): PagePlace {
  const [name, at, id] = decodeCursor(cursor, 3);
  if (name !== list || typeof at !== 'number' || at < 0 || at > LATEST_MS || !isUuid(id)) {
    throw invalidCursor();
  }
  return { at: new Date(at).toISOString(), id };
}
