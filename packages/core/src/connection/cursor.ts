import { recentEntry, type LocalConversation } from '../cache/conversationCache';
import type { ChangedEntry } from '../cache/changedEntries';
import type { Entry } from '../ports/index';
import type { CursorPosition, CursorState } from './connectionState';
import type { Unacknowledged } from './sendWindow';
import type { Following } from './start/following';

/** The position of one connection in one conversation (R3). */
export interface Cursor {
  readonly conversationId: string;
  state: CursorState;
  /** Sent up to here; undefined until PostgreSQL has returned the device's position. */
  sent: number | undefined;
  /** Until the position is known, for a conversation that the connection began to follow. */
  following: Following | undefined;
  /** There are entries up to here. */
  target: number;
  /** End of the backlog at connect; 0 once it is reached. */
  backlogEnd: number;
  /** Entries read ahead from PostgreSQL. */
  page: Entry[];
  /** When they were read, milliseconds of this node's clock. */
  pageReadAt: number;
  /** Changes during a read from PostgreSQL, which the page may not contain. */
  changed: ChangedEntry[];
  /** The conversation as cached by this node. */
  local: LocalConversation | undefined;
  readonly unacknowledged: Unacknowledged;
}

export function newCursor(conversationId: string): Cursor {
  return {
    conversationId,
    state: 'live',
    sent: undefined,
    following: undefined,
    target: 0,
    backlogEnd: 0,
    page: [],
    pageReadAt: 0,
    changed: [],
    local: undefined,
    unacknowledged: { seqs: [], head: 0, acknowledged: 0 },
  };
}

export function positionOf({ sent, target }: Cursor): CursorPosition {
  if (sent === undefined) return 'unknown';
  return sent < target ? 'before target' : 'at target';
}

/** A page older than this is read again: entries may have expired since. */
const PAGE_KEPT_MS = 10_000;

/** The next entry after a known position, unless it has to be read from PostgreSQL. */
export function nextEntry(cursor: Cursor, userId: string, now: number): Entry | undefined {
  if (cursor.page.length > 0 && now - cursor.pageReadAt > PAGE_KEPT_MS) cursor.page = [];
  const { sent = 0, page, local } = cursor;
  while (page.length > 0 && (page[0] as Entry).seq <= sent) page.shift();
  // A page from PostgreSQL is complete, so a jump in seq means a new membership, not a gap (D9).
  if (page.length > 0) return page[0];
  if (local === undefined) return undefined;
  // The members are those of the newest cached entry. Without this check, a user who was removed and added
  // again while both notifications were lost would receive what was sent in between (D9).
  const joinedSeq = local.members.get(userId);
  return joinedSeq === undefined || joinedSeq > sent + 1
    ? undefined
    : recentEntry(local, sent + 1, now);
}
