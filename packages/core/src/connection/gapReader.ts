import { amend } from '../cache/changedEntries';
import { nextEntry, type Cursor } from './cursor';
import type { EntryHint } from '../ports/index';
import type { Clock } from '@chasqui/foundation';

/** Reads from PostgreSQL what a connection cannot send from memory; never loses a cursor given to it. */
export interface GapReader {
  /** Finds where the device stands, and what there is. */
  locate(cursor: Cursor): void;
  /** The next entries of this cursor are to be read, with those of others, at the next `read`. */
  want(cursor: Cursor): void;
  /** Begins to read, unless a read is under way. */
  read(): void;
  close(): void;
}

const PAGE_ENTRIES = 500;
const MAX_CONVERSATIONS = 50;
/** Characters of JSON that are kept ahead per connection: a slow consumer must not hold more (fault 27). */
const KEPT_LENGTH = 1024 * 1024;
/** How long a live entry may wait for one that is still on its way from another node. */
const GAP_PATIENCE_MS = 10;
const SMALL_GAP = 20;
const RETRY_MS = 1_000;

export function createGapReader(deps: {
  userId: string;
  clock: Clock;
  readEntries: (
    after: { conversationId: string; seq: number }[],
    limit: number,
  ) => Promise<Map<string, EntryHint[]>>;
  readPosition: (
    conversationId: string,
  ) => Promise<{ position: number; lastSeq: number } | undefined>;
  onReadFailed: (error: unknown) => void;
  /** Called with cursors that were read, and those that need not be read any more. */
  onRead: (cursors: Cursor[]) => void;
}): GapReader {
  const { clock, userId } = deps;
  let wanted: Cursor[] = [];
  let reading = false;
  let closed = false;

  function locate(cursor: Cursor): void {
    deps.readPosition(cursor.conversationId).then(
      (found) => {
        if (found !== undefined) {
          // A backlog read meanwhile may have brought the position.
          cursor.sent ??= found.position;
          cursor.target = Math.max(cursor.target, found.lastSeq);
        }
        deps.onRead([cursor]);
      },
      (error: unknown) => {
        deps.onReadFailed(error);
        clock.setTimeout(() => {
          if (cursor.state === 'reading' && !closed) locate(cursor);
        }, RETRY_MS);
      },
    );
  }

  /** One read at a time and connection, for several conversations at once. */
  function read(): void {
    const first = wanted[0];
    if (reading || closed || first === undefined) return;
    reading = true;
    const gap = (first.local?.recent[0]?.seq ?? Infinity) - (first.sent ?? 0);
    // Live, and only a few in between are missing: their hints are probably on their way.
    if (gap > 1 && gap <= SMALL_GAP && first.goal === 0) again(GAP_PATIENCE_MS);
    else void readNow();
  }

  function again(afterMs: number): void {
    clock.setTimeout(() => void readNow(), afterMs);
  }

  async function readNow(): Promise<void> {
    const cursors = wanted
      .splice(0, MAX_CONVERSATIONS)
      .filter(({ state }) => state === 'reading' && !closed);
    const now = clock.now();
    const missing = cursors.filter((cursor) => nextEntry(cursor, userId, now) === undefined);
    if (missing.length > 0) {
      try {
        await readMissing(missing);
      } catch (error) {
        if (closed) return;
        deps.onReadFailed(error);
        wanted = [...cursors, ...wanted];
        again(RETRY_MS);
        return;
      }
    }
    reading = false;
    deps.onRead(cursors);
  }

  async function readMissing(cursors: Cursor[]): Promise<void> {
    const asked = cursors.map(({ conversationId, sent = 0, target }) => ({
      conversationId,
      seq: sent,
      target,
    }));
    const readAt = clock.now();
    const pages = await deps.readEntries(asked, Math.ceil(PAGE_ENTRIES / cursors.length));
    const kept = KEPT_LENGTH / cursors.length;
    for (const [i, cursor] of cursors.entries()) {
      const page = pages.get(cursor.conversationId);
      if (page !== undefined) {
        for (const change of cursor.changed) amend(page, change);
        cursor.page = withinLength(page, kept);
        cursor.pageReadAt = readAt;
      }
      // Nothing there: the membership has ended. Unless something has come since we asked.
      else if (cursor.target === asked[i]?.target) cursor.target = cursor.sent ?? 0;
    }
  }

  return {
    locate,
    want: (cursor) => void wanted.push(cursor),
    read,
    close() {
      closed = true;
      wanted = [];
    },
  };
}

/** The first entries up to this length, at least one; the others are read again later. */
function withinLength(page: EntryHint[], length: number): EntryHint[] {
  let left = length;
  const end = page.findIndex(({ json }) => (left -= json.length) < 0);
  return end === -1 ? page : page.slice(0, Math.max(1, end));
}
