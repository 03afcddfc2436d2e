import type { ChangedEntry } from '../cache/changedEntries';
import { recentEntry, type LocalConversation } from '../cache/conversationCache';
import type { EntryHint } from '../ports/index';
import type { Unacknowledged } from './sendWindow';

/**
 * Where one connection stands in one conversation (RULES.md, R3).
 *
 * - `idle`: nothing due, or nobody has looked yet
 * - `queued`: in the pump's queue
 * - `reading`: waits for PostgreSQL, for its position or for the next entries
 * - `held`: the next entry is an own send that has not been answered yet
 * - `gone`: forgotten; whoever still holds it drops it
 */
export interface Cursor {
  readonly conversationId: string;
  state: 'idle' | 'queued' | 'reading' | 'held' | 'gone';
  /** Sent up to here; undefined until PostgreSQL has said where the device stands. */
  sent: number | undefined;
  /** There is something up to here. */
  target: number;
  /** End of the backlog at connect; 0 once it is reached. */
  goal: number;
  /** Entries read ahead from PostgreSQL. */
  page: EntryHint[];
  /** When that was, milliseconds of this node. */
  pageReadAt: number;
  /** What was changed while PostgreSQL was being read: the page may not have it yet. */
  changed: ChangedEntry[];
  /** What the node has in mind of the conversation. */
  local: LocalConversation | undefined;
  readonly unacknowledged: Unacknowledged;
}

export function newCursor(conversationId: string): Cursor {
  return {
    conversationId,
    state: 'idle',
    sent: undefined,
    target: 0,
    goal: 0,
    page: [],
    pageReadAt: 0,
    changed: [],
    local: undefined,
    unacknowledged: { seqs: [], head: 0, acknowledged: 0 },
  };
}

/** What was read ahead for somebody who is slower than that is read again: it may have expired since. */
const PAGE_KEPT_MS = 10_000;

/** The next entry after a position that is known, if it need not be read from PostgreSQL. */
export function nextEntry(cursor: Cursor, userId: string, now: number): EntryHint | undefined {
  if (cursor.page.length > 0 && now - cursor.pageReadAt > PAGE_KEPT_MS) cursor.page = [];
  const { sent = 0, page, local } = cursor;
  while (page.length > 0 && (page[0] as EntryHint).seq <= sent) page.shift();
  // What PostgreSQL gave is complete: a jump there is a new membership, not a gap (D9).
  if (page.length > 0) return page[0];
  if (local === undefined) return undefined;
  // Members are known as of the newest entry in mind. Without this, who was removed and added again,
  // while the hints of both were lost, would be sent what was said in between (D9).
  const joinedSeq = local.members.get(userId);
  return joinedSeq === undefined || joinedSeq > sent + 1
    ? undefined
    : recentEntry(local, sent + 1, now);
}
