import { amend } from '../../cache/changedEntries';
import { nextEntry, type Cursor } from '../cursor';
import { placeAt } from '../start/following';
import type { Entry } from '../../ports/index';
import type { Clock } from '@chasqui/foundation';

/** Reads entries from PostgreSQL that a connection cannot send from memory. Never loses a cursor. */
export interface GapReader {
  /** Reads the device's position and the conversation's last seq. */
  locate(cursor: Cursor): void;
  /** Adds a cursor to the next `read`. */
  want(cursor: Cursor): void;
  /** Starts reading unless a read is running. */
  read(): void;
  close(): void;
}

const PAGE_ENTRIES = 500;
const MAX_CONVERSATIONS = 50;
/** Characters of JSON read ahead per connection: a slow consumer must not hold more (fault 27). */
const KEPT_LENGTH = 1024 * 1024;
/** How long a live entry waits for an earlier one that is still in transit from another node. */
const GAP_WAIT_MS = 10;
const SMALL_GAP = 20;
const RETRY_MS = 1_000;

/** Reads for one device of one user. */
export interface GapSource {
  /** The next entries after these positions that the user may see, ascending, at most `limit` per conversation. */
  readEntries: (
    after: { conversationId: string; seq: number }[],
    limit: number,
  ) => Promise<Map<string, Entry[]>>;
  /** The device's position in one conversation; undefined for a non-participant. */
  readPosition: (
    conversationId: string,
  ) => Promise<{ position: number; lastSeq: number } | undefined>;
  /** Called for each failed read; the reader retries by itself. */
  onReadFailed: (error: unknown) => void;
}

export function createGapReader(
  deps: GapSource & {
    userId: string;
    clock: Clock;
    /** Called with the cursors that were read and those that no longer need reading. */
    onRead: (cursors: Cursor[]) => void;
  },
): GapReader {
  const { clock, userId } = deps;
  let wanted: Cursor[] = [];
  let reading = false;
  let closed = false;

  function locate(cursor: Cursor): void {
    deps.readPosition(cursor.conversationId).then(
      (found) => {
        if (found !== undefined) {
          // A backlog read in the meantime may have set the position.
          placeAt(cursor, found.position, found.lastSeq);
          cursor.target = Math.max(cursor.target, found.lastSeq);
        }
        deps.onRead([cursor]);
      },
      (error: unknown) => {
        deps.onReadFailed(error);
        clock.setTimeout(() => {
          if (cursor.state === 'locating' && !closed) locate(cursor);
        }, RETRY_MS);
      },
    );
  }

  /** One read at a time per connection, for several conversations. */
  function read(): void {
    const first = wanted[0];
    if (reading || closed || first === undefined) return;
    reading = true;
    const gap = (first.local?.recent[0]?.seq ?? Infinity) - (first.sent ?? 0);
    // A small gap in live delivery: the notifications are probably in transit.
    if (gap > 1 && gap <= SMALL_GAP && first.backlogEnd === 0) again(GAP_WAIT_MS);
    else void readNow();
  }

  function again(afterMs: number): void {
    clock.setTimeout(() => void readNow(), afterMs);
  }

  async function readNow(): Promise<void> {
    const cursors = wanted
      .splice(0, MAX_CONVERSATIONS)
      .filter(({ state }) => state === 'behind' && !closed);
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
      // No entries: the membership has ended, unless an entry arrived during the read.
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

/** The first entries up to this length, at least one; the rest is read again later. */
function withinLength(page: Entry[], length: number): Entry[] {
  let left = length;
  const end = page.findIndex(({ event }) => (left -= event.json.length) < 0);
  return end === -1 ? page : page.slice(0, Math.max(1, end));
}
