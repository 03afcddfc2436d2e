import type { Database } from '@chasqui/db';
import type { Clock, Log } from '@chasqui/foundation';
import { amend, amended, type ChangedEntry } from './changedEntries';
import { createCoalescer } from '../batching/coalesce';
import type { EntryHint } from '../ports/index';

/** What this node keeps in mind of a conversation: a cache, true as of `membersVersion`. */
export interface LocalConversation {
  readonly id: string;
  membersVersion: number;
  /** First visible seq by user. */
  members: Map<string, number>;
  /** Who was asked and has not accepted: no member, but their list of requests shows what is written. */
  requestedId: string | null;
  /** The newest entries, ascending without gaps. */
  recent: EntryHint[];
  recentBytes: number;
  /** When the newest of them was heard, milliseconds of this node. */
  heardAt: number;
}

export interface LocalConversations {
  /**
   * Calls `use` with the conversation once its members are known at `membersVersion` or later (D9):
   * at once when they are in mind, else after reading them. Calls for one conversation keep their order.
   */
  with(
    conversationId: string,
    membersVersion: number,
    use: (conversation: LocalConversation) => void,
  ): void;
  /** All of them, until `trim` is called: what is offered next is sent from memory, however large the batch. */
  remember(conversation: LocalConversation, entries: EntryHint[]): void;
  /** Forgets what is too much or too old to keep. */
  trim(conversation: LocalConversation): void;
  /** An entry was changed: it is remembered as it is now, also when the news of it are still to come. */
  changed(change: ChangedEntry): void;
  /** Forgets all members, after hints may have been lost. */
  forgetAll(): void;
}

const MAX_CONVERSATIONS = 20_000;
const MAX_RECENT = 128;
const MAX_RECENT_BYTES = 256 * 1024;
/**
 * Over all conversations. Entries are sent in the turn in which they are heard; what is kept is for who is
 * a moment behind, and everything that outlives a moment costs the garbage collector more than a read.
 */
const RECENT_BUDGET = 2_048;
const RECENT_BUDGET_BYTES = 64 * 1024 * 1024;
/**
 * Beyond it an entry is read again instead: together less than the shortest retention (a minute), so what is in
 * mind has not expired. Ages are compared with ages, for this clock need not be that of PostgreSQL.
 */
const RECENT_KEPT_MS = 25_000;
/** Changes whose entry was not in mind: it was long ago, or its news are on their way from another node. */
const MAX_AHEAD = 256;
const MEMBERS = `SELECT c.id, c.members_version::float8, p.user_id, p.joined_seq::float8, c.requested_id
  FROM conversations c JOIN participants p ON p.conversation_id = c.id WHERE c.id = ANY ($1::uuid[])`;

interface Members {
  membersVersion: number;
  members: Map<string, number>;
  requestedId: string | null;
}

type MemberRow = [
  id: string,
  membersVersion: number,
  userId: string,
  joinedSeq: number,
  requestedId: string | null,
];

export function createLocalConversations(deps: {
  db: Database;
  clock: Clock;
  log: Log;
  /** Something could not be announced because PostgreSQL did not answer. */
  onMissed: () => void;
}): LocalConversations {
  // In the order of last use: the first is the one to go.
  const known = new Map<string, LocalConversation>();
  const waiting = new Map<
    string,
    { membersVersion: number; use: (conversation: LocalConversation) => void }[]
  >();
  // Those with entries in mind, the one that was quiet for longest first.
  const lively = new Map<string, LocalConversation>();
  let recentCount = 0;
  let recentBytes = 0;
  const ahead = new Map<string, ChangedEntry>();

  const readMembers = createCoalescer<string, Members>({
    maxBatch: 200,
    inFlight: 2,
    async answerAll(ids) {
      const found = new Map<string, Members>();
      for (const row of await deps.db.query('members', MEMBERS, [ids])) {
        const [id, membersVersion, userId, joinedSeq, requestedId] = row as MemberRow;
        let entry = found.get(id);
        if (entry === undefined) {
          found.set(id, (entry = { membersVersion, members: new Map(), requestedId }));
        }
        entry.members.set(userId, joinedSeq);
      }
      return ids.map(
        (id) =>
          found.get(id) ?? { membersVersion: Infinity, members: new Map(), requestedId: null },
      );
    },
  });

  function load(conversationId: string): void {
    readMembers.ask(conversationId).then(
      ({ membersVersion, members, requestedId }) => {
        const conversation = known.get(conversationId) ?? {
          id: conversationId,
          membersVersion,
          members,
          requestedId,
          recent: [],
          recentBytes: 0,
          heardAt: 0,
        };
        conversation.membersVersion = membersVersion;
        conversation.members = members;
        conversation.requestedId = requestedId;
        touch(conversation);
        const due = waiting.get(conversationId) ?? [];
        waiting.delete(conversationId);
        for (const item of due) item.use(conversation);
      },
      (error: unknown) => {
        waiting.delete(conversationId);
        deps.log.warn(
          { err: error, conversationId },
          'reading the members failed; will look again',
        );
        deps.onMissed();
      },
    );
  }

  function touch(conversation: LocalConversation): void {
    known.delete(conversation.id);
    known.set(conversation.id, conversation);
    if (known.size <= MAX_CONVERSATIONS) return;
    const oldest = known.values().next().value;
    if (oldest === undefined || oldest === conversation) return;
    known.delete(oldest.id);
    forgetEntries(oldest);
  }

  function asChanged(entry: EntryHint): EntryHint {
    const change = ahead.get(entry.id);
    return change === undefined ? entry : amended(entry, change);
  }

  function counting(conversation: LocalConversation, change: () => void): void {
    recentCount -= conversation.recent.length;
    recentBytes -= conversation.recentBytes;
    change();
    recentCount += conversation.recent.length;
    recentBytes += conversation.recentBytes;
  }

  /** Connections may still hold the conversation itself. */
  function forgetEntries(conversation: LocalConversation): void {
    if (!lively.delete(conversation.id)) return;
    recentCount -= conversation.recent.length;
    recentBytes -= conversation.recentBytes;
    conversation.recent = [];
    conversation.recentBytes = 0;
  }

  return {
    with(conversationId, membersVersion, use) {
      const queue = waiting.get(conversationId);
      if (queue !== undefined) {
        // Being read: it may be older than what we need, then `use` asks again.
        queue.push({
          membersVersion,
          use: (conversation) => {
            if (conversation.membersVersion >= membersVersion) use(conversation);
            else this.with(conversationId, membersVersion, use);
          },
        });
        return;
      }
      const conversation = known.get(conversationId);
      if (conversation !== undefined && conversation.membersVersion >= membersVersion) {
        touch(conversation);
        use(conversation);
        return;
      }
      waiting.set(conversationId, [{ membersVersion, use }]);
      load(conversationId);
    },
    remember(conversation, entries) {
      // Only what counts towards the budget may grow.
      if (known.get(conversation.id) !== conversation) return;
      const newest = conversation.recent.at(-1)?.seq;
      counting(conversation, () => {
        for (const entry of entries) rememberOne(conversation, asChanged(entry));
      });
      if (conversation.recent.at(-1)?.seq !== newest) conversation.heardAt = deps.clock.now();
      lively.delete(conversation.id);
      lively.set(conversation.id, conversation);
    },
    trim(conversation) {
      if (lively.get(conversation.id) !== conversation) return;
      counting(conversation, () => forgetOld(conversation));
      for (const quiet of lively.values()) {
        if (recentCount <= RECENT_BUDGET && recentBytes <= RECENT_BUDGET_BYTES) return;
        if (quiet !== conversation) forgetEntries(quiet);
      }
    },
    changed(change) {
      const conversation = known.get(change.conversationId);
      if (conversation !== undefined) {
        const before = conversation.recentBytes;
        if (amendRecent(conversation, change)) {
          recentBytes += conversation.recentBytes - before;
          return;
        }
      }
      if ((ahead.get(change.id)?.version ?? 0) >= change.version) return;
      ahead.delete(change.id);
      ahead.set(change.id, change);
      if (ahead.size > MAX_AHEAD) ahead.delete(ahead.keys().next().value as string);
    },
    forgetAll() {
      for (const conversation of lively.values()) forgetEntries(conversation);
      known.clear();
    },
  };
}

function rememberOne(conversation: LocalConversation, entry: EntryHint): void {
  const { recent } = conversation;
  const last = recent.at(-1);
  if (last !== undefined && entry.seq !== last.seq + 1) {
    const first = recent[0] as EntryHint;
    if (entry.seq >= first.seq && entry.seq <= last.seq) return;
    if (entry.seq === first.seq - 1) {
      recent.unshift(entry);
      conversation.recentBytes += entry.json.length;
      return;
    }
    if (entry.seq < first.seq) return;
    recent.length = 0;
    conversation.recentBytes = 0;
  }
  recent.push(entry);
  conversation.recentBytes += entry.json.length;
}

function forgetOld(conversation: LocalConversation): void {
  const { recent } = conversation;
  const oldest = (recent.at(-1)?.at ?? 0) - RECENT_KEPT_MS;
  if ((recent[0]?.at ?? oldest) < oldest) {
    forgetFirst(
      conversation,
      recent.findIndex(({ at }) => at >= oldest),
    );
  }
  // In steps: dropping one at a time would move the array for every message.
  if (recent.length > MAX_RECENT) forgetFirst(conversation, recent.length - MAX_RECENT / 2);
  while (conversation.recentBytes > MAX_RECENT_BYTES) {
    forgetFirst(conversation, Math.max(1, recent.length >> 1));
  }
}

function forgetFirst(conversation: LocalConversation, count: number): void {
  for (const gone of conversation.recent.splice(0, count)) {
    conversation.recentBytes -= gone.json.length;
  }
}

function amendRecent(conversation: LocalConversation, change: ChangedEntry): boolean {
  if (!amend(conversation.recent, change)) return false;
  conversation.recentBytes = conversation.recent.reduce((sum, { json }) => sum + json.length, 0);
  return true;
}

/** The entry with this seq, if it is among the newest. */
export function recentEntry(
  conversation: LocalConversation,
  seq: number,
  now: number,
): EntryHint | undefined {
  if (now - conversation.heardAt > RECENT_KEPT_MS) return undefined;
  const first = conversation.recent[0];
  return first === undefined ? undefined : conversation.recent[seq - first.seq];
}
