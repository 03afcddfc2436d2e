import { CLOSED_AT_ONCE, type Database, guarded } from '@chasqui/db';
import {
  type Conversation,
  type Message,
  NotFoundError,
  type Receipt,
  type Request,
  REQUESTS_IN_SYNC,
} from '@chasqui/protocol';
import { listRequests } from '../consent/requests/listRequests';
import type { PageRequest } from '../paging/page';
import {
  conversationBytesAtMost,
  encodedBytes,
  messageBytesAtMost,
  PAGE_ITEMS_BYTES,
  sumOf,
} from '../paging/pageBytes';
import { invalidCursor } from '../paging/pageCursor';
import {
  beginSync,
  type ChangedConversation,
  hasChangesSince,
  membershipsAmong,
  movedReceipts,
} from './statements';
import { decodeSyncCursor, encodeSyncCursor, type SyncPosition } from './syncCursor';
import { readSyncPage } from './syncPage';

/** One page of changes; `has_more` means that the next page, at `cursor`, may not be empty. */
export interface SyncAnswer {
  conversations: Conversation[];
  /** Conversations in which the user is no longer a participant. */
  removed: string[];
  messages: Message[];
  receipts: Receipt[];
  /** Omitted if there are none. */
  requests?: Request[];
  cursor: string;
  has_more: boolean;
}

export interface SyncDeps {
  db: Database;
  cursorKey: () => Promise<Buffer>;
  now: () => number;
  /** Those of these conversations in which the user is a participant, in any order. */
  readConversations: (userId: string, ids: string[]) => Promise<Conversation[]>;
}

/**
 * New and changed messages, conversations, removals and receipts since the cursor, at most `limit` messages and `limit`
 * conversations a page. Without a cursor: nothing, and a cursor that starts now. After the last page `has_more` is
 * false only if nothing has changed since the first one, so a sync of several pages ends up to date. The cost grows
 * with what changed, not with the number of conversations (D12).
 */
export async function syncChanges(
  deps: SyncDeps,
  userId: string,
  { limit, cursor }: PageRequest,
): Promise<SyncAnswer> {
  return guarded(async () => {
    const key = await deps.cursorKey();
    const now = deps.now();
    const seal = (position: SyncPosition): string => encodeSyncCursor(key, userId, position, now);
    const given = cursor === undefined ? undefined : decodeSyncCursor(key, userId, cursor, now);
    const until =
      given !== undefined && given.until > 0 ? given.until : await closeOpenRows(deps.db, userId);
    if (given === undefined) {
      const nothing = { conversations: [], removed: [], messages: [], receipts: [] };
      return { ...nothing, cursor: seal(afterSync(until)), has_more: false };
    }
    // The cursor is ahead of this database, which was perhaps restored from a backup.
    if (given.since > until) throw invalidCursor();

    const from = { ...given, until, isFirst: given.until === 0 };
    // A page above the byte limit is read again with fewer items.
    for (let size = limit; ;) {
      const { next, ...answer } = await readAnswer(deps, userId, from, size);
      const bytes = answerBytes(answer);
      if (bytes <= PAGE_ITEMS_BYTES || size === 1) return { ...answer, cursor: seal(next) };
      size = Math.max(1, Math.min(size - 1, Math.floor((size * PAGE_ITEMS_BYTES) / bytes)));
    }
  });
}

async function readAnswer(
  deps: SyncDeps,
  userId: string,
  { isFirst, ...from }: SyncPosition & { isFirst: boolean },
  limit: number,
): Promise<Omit<SyncAnswer, 'cursor'> & { next: SyncPosition }> {
  const { db } = deps;
  const page = await readSyncPage(db, userId, from, limit);
  const receipts = await readReceipts(db, userId, page.begun);
  // Later pages show the state as of the first one, so a disconnected device needs what changed meanwhile (D7).
  const hasMore =
    page.next !== undefined ||
    (!isFirst && (await hasChangesSince.row(db, userId, from.until)) === true);
  // Memberships last, so that the answer is not older than a live event about a membership.
  const removed = await stillRemoved(db, userId, page.removed);
  const begun = page.begun.map(({ conversationId }) => conversationId);
  const conversations = await deps.readConversations(userId, begun);
  // Memberships that ended since the page was read: leave out their entries; the next page reports the removal.
  const ended = new Set(begun);
  for (const { id } of conversations) ended.delete(id);
  const isVisible = ({ conversation_id: id }: { conversation_id: string }): boolean =>
    !ended.has(id);
  // Requests are current state without a place in the change log: a short list, usually empty.
  const { items: requests } = hasMore
    ? { items: [] }
    : await listRequests(db, userId, { limit: REQUESTS_IN_SYNC });
  return {
    ...(requests.length === 0 ? {} : { requests }),
    conversations,
    removed,
    messages: page.messages.filter(isVisible),
    receipts: receipts.filter(isVisible),
    has_more: hasMore,
    next: page.next ?? afterSync(from.until),
  };
}

const RECEIPT_BYTES = 170;
const ID_BYTES = 40;

/** An upper bound of the bytes of JSON; exact if the bound exceeds a page. */
function answerBytes(answer: Omit<SyncAnswer, 'cursor' | 'has_more'>): number {
  const { conversations, messages, receipts, removed, requests = [] } = answer;
  const atMost =
    sumOf(conversations, conversationBytesAtMost) +
    sumOf(messages, messageBytesAtMost) +
    sumOf(requests, encodedBytes) +
    receipts.length * RECEIPT_BYTES +
    removed.length * ID_BYTES;
  return atMost <= PAGE_ITEMS_BYTES ? atMost : encodedBytes(answer);
}

/** Without the conversations that the user has joined again: an event or the next page reports them. */
async function stillRemoved(db: Database, userId: string, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return ids;
  const joinedAgain = new Set(await membershipsAmong.rows(db, userId, ids));
  return ids.filter((id) => !joinedAgain.has(id));
}

function afterSync(until: number): SyncPosition {
  return { since: until, until: 0, conversationId: null, phase: 'changed', marker: 0 };
}

/** Closes the user's open rows, in several rounds if there are many; rows of busy conversations stay open. */
async function closeOpenRows(db: Database, userId: string): Promise<number> {
  for (let before = Infinity; ;) {
    const begun = await beginSync.row(db, userId);
    if (begun === undefined || begun.until === null) throw new NotFoundError();
    const { until, open } = begun;
    if (open <= CLOSED_AT_ONCE || open >= before) return until;
    before = open;
  }
}

async function readReceipts(
  db: Database,
  userId: string,
  changed: ChangedConversation[],
): Promise<Receipt[]> {
  if (changed.length === 0) return [];
  return movedReceipts.rows(
    db,
    userId,
    changed.map(({ conversationId }) => conversationId),
    changed.map(({ fromPos }) => fromPos),
  );
}
