import { isUuid } from '@chasqui/protocol';
import { decodeCursor, encodeCursor, invalidCursor } from './pageCursor';

/** The last item of a page in a list that is ordered by time and id. */
export interface PagePlace {
  /** ISO 8601. */
  at: string;
  id: string;
}

// The last millisecond of the year 9999: PostgreSQL does not parse the ISO text of later times.
const LATEST_MS = 253_402_300_799_999;

/** The cursor to the items after this one; `at` is in milliseconds since 1970. */
export function encodePlace(list: string, at: number, id: string): string {
  return encodeCursor([list, at, id]);
}

/** Decodes a cursor. Throws ValidationError for a cursor of another list and for any other text. */
export function decodePlace(list: string, cursor: string): PagePlace {
  const [name, at, id] = decodeCursor(cursor, 3);
  if (name !== list || typeof at !== 'number' || at < 0 || at > LATEST_MS || !isUuid(id)) {
    throw invalidCursor();
  }
  return { at: new Date(at).toISOString(), id };
}
