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
import { membershipOf } from '../members/membershipOf';
import { COLUMNS, STATUS, toMessage } from '../messages/messageRows';
import {
  conversationBytesAtMost,
  encodedBytes,
  messageBytesAtMost,
  PAGE_ITEMS_BYTES,
  sumOf,
} from '../paging/pageBytes';
import { invalidCursor } from '../paging/pageCursor';
import { decodeSyncCursor, encodeSyncCursor, type SyncPosition } from './syncCursor';

/** One page of changes; `has_more` means that the next page, at `cursor`, is not empty. */
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
  /** The conversations of these ids in which the user is a participant, in any order. */
  readConversations: (userId: string, ids: string[]) => Promise<Conversation[]>;
}

/** A conversation that changed since the cursor, and from where (RULES.md, R5). */
interface Changed {
  conversationId: string;
  isMember: boolean;
  joinedSeq: number;
  fromSeq: number;
  fromVersion: number;
  fromPos: number;
}

// OFFSET 0 keeps the planner from looking for the open ones among all, by their conversation (D12).
const CHANGED = `SELECT s.conversation_id, p.user_id IS NOT NULL, coalesce(p.joined_seq, 0)::float8,
    min(s.from_seq)::float8, min(s.from_version)::float8, min(s.from_pos)::float8
  FROM (
    SELECT o.conversation_id, o.from_seq, o.from_version, o.from_pos
    FROM participants o WHERE uuid_send(o.user_id) = uuid_send($1::uuid) AND o.open
    UNION ALL
    SELECT l.conversation_id, l.from_seq, l.from_version, l.from_pos
    FROM changes l WHERE l.user_id = $1 AND l.closed_pos > $2
    OFFSET 0
  ) s
  LEFT ${membershipOf('s.conversation_id')} p ON true
  WHERE s.conversation_id >= $3
  GROUP BY s.conversation_id, p.user_id, p.joined_seq ORDER BY s.conversation_id LIMIT $4`;

// Each of these judges the membership itself: it may have ended since CHANGED was read (R9). Seq has no
// gaps, so a page is a range; and `seq + 0` keeps the changed ones from being looked for by seq. Both bound
// what is read by any plan, also by one that was made while there was little (D12).
const VISIBLE = `FROM messages m
  JOIN participants me ON me.conversation_id = m.conversation_id AND me.user_id = $1 AND me.joined_seq <= m.seq
  WHERE m.conversation_id = $2`;
const CHANGED_MESSAGES = `SELECT ${COLUMNS}, ${STATUS} ${VISIBLE}
  AND m.changed_at IS NOT NULL AND m.version > $3 AND m.seq + 0 <= $4 ORDER BY m.version LIMIT $5`;
const NEW_MESSAGES = `SELECT ${COLUMNS}, ${STATUS} ${VISIBLE}
  AND m.seq > $3 AND m.seq <= $3 + $4 ORDER BY m.seq LIMIT $4`;
const RECEIPTS = `SELECT p.conversation_id, p.user_id, p.delivered_seq::float8, p.read_seq::float8
  FROM unnest($2::uuid[], $3::bigint[]) AS i (conversation_id, from_pos)
  ${membershipOf('i.conversation_id')} me ON true
  JOIN participants p ON p.conversation_id = i.conversation_id AND p.moved_pos > i.from_pos`;
// Beside the position, how many were open before.
const BEGIN = `SELECT begin_sync($1), (
  SELECT count(*) FROM participants p WHERE uuid_send(p.user_id) = uuid_send($1::uuid) AND p.open)::integer`;

// Open is also what was busy when the walk began: then one call more finds nothing.
const NEWS_SINCE = `SELECT EXISTS (SELECT FROM participants p WHERE uuid_send(p.user_id) = uuid_send($1::uuid) AND p.open)
  OR EXISTS (SELECT FROM changes l WHERE l.user_id = $1 AND l.closed_pos > $2)`;

const MEMBERS_AGAIN = `SELECT p.conversation_id FROM participants p
  WHERE p.conversation_id = ANY ($2::uuid[]) AND p.user_id = $1`;

const NOWHERE = '00000000-0000-0000-0000-000000000000';

/**
 * What changed for the user since the cursor: new and changed messages, conversations, removals and
 * receipts, at most `limit` messages and `limit` conversations a page. Without a cursor: nothing, and
 * a cursor from now. After the last page `has_more` is false when nothing has changed since the first one,
 * so that a walk that was interrupted ends with what changed behind it. Its cost grows with what changed, not with how many conversations there are (D12).
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
      given !== undefined && given.until > 0 ? given.until : await beginSync(deps.db, userId);
    if (given === undefined) {
      const cursor = seal(restAt(until));
      return {
        conversations: [],
        removed: [],
        messages: [],
        receipts: [],
        cursor,
        has_more: false,
      };
    }
    // Another history than the one that this cursor came from, such as a restored backup.
    if (given.since > until) throw invalidCursor();

    const from = { ...given, until, isWhole: given.until === 0 };
    // A page that is too large is read again as a smaller one, which ends at a place of its own.
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
  { isWhole, ...from }: SyncPosition & { isWhole: boolean },
  limit: number,
): Promise<Omit<SyncAnswer, 'cursor'> & { next: SyncPosition }> {
  const page = await readPage(deps.db, userId, from, limit);
  const receipts = await readReceipts(deps.db, userId, page.begun);
  const hasMore =
    page.next !== undefined || (!isWhole && (await hasNews(deps.db, userId, from.until)));
  // Memberships last: a live event of one that ends or begins must not be overtaken by what was read before.
  const removed = await stillRemoved(deps.db, userId, page.removed);
  const begun = page.begun.map(({ conversationId }) => conversationId);
  const conversations = await deps.readConversations(userId, begun);
  // Those that ended since the page was read: the next one tells so, and of nothing in them.
  const ended = new Set(begun);
  for (const { id } of conversations) ended.delete(id);
  const isOpen = ({ conversation_id: id }: { conversation_id: string }): boolean => !ended.has(id);
  // A state and no change, so it needs no place in the change log: a short list, mostly empty.
  const { items: requests } = hasMore
    ? { items: [] }
    : await listRequests(deps.db, userId, { limit: REQUESTS_IN_SYNC });
  return {
    ...(requests.length === 0 ? {} : { requests }),
    conversations,
    removed,
    messages: page.messages.filter(isOpen),
    receipts: receipts.filter(isOpen),
    has_more: hasMore,
    next: page.next ?? restAt(from.until),
  };
}

const RECEIPT_BYTES = 170;
const ID_BYTES = 40;

/** Exact where it might be too much for a page, else an upper bound. */
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

/**
 * A walk over several pages tells the state as of its beginning; who was disconnected on the way was told
 * of nothing that has changed meanwhile (D7).
 */
async function hasNews(db: Database, userId: string, since: number): Promise<boolean> {
  const [row] = await db.query('sync_news_since', NEWS_SINCE, [userId, since]);
  return (row as [boolean])[0];
}

/** Without those in which the user is a participant again, of which an event or the next page tells. */
async function stillRemoved(db: Database, userId: string, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return ids;
  const rows = await db.query('sync_members_again', MEMBERS_AGAIN, [userId, ids]);
  const again = new Set((rows as [string][]).map(([id]) => id));
  return ids.filter((id) => !again.has(id));
}

function restAt(until: number): SyncPosition {
  return { since: until, until: 0, conversationId: null, phase: 'changed', marker: 0 };
}

/** Closes what is open, in several rounds where it is much; busy conversations stay open. */
async function beginSync(db: Database, userId: string): Promise<number> {
  for (let before = Infinity; ;) {
    const [row] = await db.query('begin_sync', BEGIN, [userId]);
    const [until, open] = row as [number | null, number];
    if (until === null) throw new NotFoundError();
    if (open <= CLOSED_AT_ONCE || open >= before) return until;
    before = open;
  }
}

interface Page {
  /** Conversations whose changes begin on this page: told once, with their receipts. */
  begun: Changed[];
  removed: string[];
  messages: Message[];
  /** Where the next page goes on, if there is one. */
  next?: SyncPosition;
}

async function readPage(
  db: Database,
  userId: string,
  from: SyncPosition,
  limit: number,
): Promise<Page> {
  const page: Page = { begun: [], removed: [], messages: [] };
  const rows = await db.query('sync_changed', CHANGED, [
    userId,
    from.since,
    from.conversationId ?? NOWHERE,
    limit + 1,
  ]);
  for (const [i, one] of (rows as ChangedRow[]).map(toChanged).entries()) {
    const { conversationId } = one;
    if (i === limit) {
      page.next = { ...from, conversationId, phase: 'changed', marker: 0 };
      break;
    }
    if (!one.isMember) {
      page.removed.push(conversationId);
      continue;
    }
    const goesOn = from.conversationId === conversationId;
    if (!goesOn || (from.phase === 'changed' && from.marker <= one.fromVersion))
      page.begun.push(one);
    const start: SyncPosition = goesOn
      ? from
      : { ...from, conversationId, phase: 'changed', marker: one.fromVersion };
    const rest = await readMessages(db, userId, one, start, limit, page.messages);
    if (rest !== undefined) {
      page.next = rest;
      break;
    }
  }
  return page;
}

/** Changed entries by version, then new ones by seq; returns where to go on when the page is full. */
async function readMessages(
  db: Database,
  userId: string,
  one: Changed,
  from: SyncPosition,
  limit: number,
  messages: Message[],
): Promise<SyncPosition | undefined> {
  const { conversationId, joinedSeq } = one;
  const newFrom = Math.max(one.fromSeq, joinedSeq - 1);
  let { phase, marker } = from;
  if (phase === 'changed') {
    const room = limit - messages.length;
    if (room === 0) return { ...from, conversationId, phase, marker };
    const since = Math.max(marker, one.fromVersion);
    const rows = await db.query('sync_changed_messages', CHANGED_MESSAGES, [
      userId,
      conversationId,
      since,
      newFrom,
      room,
    ]);
    const found = rows.map(toMessage);
    messages.push(...found);
    if (found.length === room) {
      return { ...from, conversationId, phase, marker: found.at(-1)?.version ?? since };
    }
    phase = 'new';
    marker = newFrom;
  }
  const room = limit - messages.length;
  if (room === 0) return { ...from, conversationId, phase, marker };
  const rows = await db.query('sync_new_messages', NEW_MESSAGES, [
    userId,
    conversationId,
    marker,
    room,
  ]);
  const found = rows.map(toMessage);
  messages.push(...found);
  return found.length === room
    ? { ...from, conversationId, phase, marker: found.at(-1)?.seq ?? marker }
    : undefined;
}

async function readReceipts(db: Database, userId: string, changed: Changed[]): Promise<Receipt[]> {
  if (changed.length === 0) return [];
  const rows = await db.query('sync_receipts', RECEIPTS, [
    userId,
    changed.map(({ conversationId }) => conversationId),
    changed.map(({ fromPos }) => fromPos),
  ]);
  return (rows as [string, string, number, number][]).map(
    ([conversation_id, user_id, delivered_seq, read_seq]) => ({
      conversation_id,
      user_id,
      delivered_seq,
      read_seq,
    }),
  );
}

type ChangedRow = [string, boolean, number, number, number, number];

function toChanged([
  conversationId,
  isMember,
  joinedSeq,
  fromSeq,
  fromVersion,
  fromPos,
]: ChangedRow): Changed {
  return { conversationId, isMember, joinedSeq, fromSeq, fromVersion, fromPos };
}
