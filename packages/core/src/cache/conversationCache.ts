import type { Database } from '@chasqui/db';
import type { Clock, Log } from '@chasqui/foundation';
import { amend, amended, type ChangedEntry } from './changedEntries';
import type { Entry } from '../ports/index';
import { createMembersReader } from './readMembers';

/** A conversation as this node caches it, as of `membersVersion`. */
export interface LocalConversation {
  readonly id: string;
  membersVersion: number;
  /** First visible seq by user. */
  members: Map<string, number>;
  /** The requested user who has not accepted: not a member, but their list of requests shows the latest message. */
  requestedId: string | null;
  /** The newest entries, ascending without gaps. */
  recent: Entry[];
  recentBytes: number;
  /** When the newest of them arrived, milliseconds of this node's clock. */
  receivedAt: number;
}

export interface LocalConversations {
  /** The conversation if its members are cached at `membersVersion` or later and no call of `with` waits for it. */
  cached(conversationId: string, membersVersion: number): LocalConversation | undefined;
  /**
   * Calls `use` with the conversation once its members are known at `membersVersion` or later (D9): immediately when
   * they are cached, otherwise after reading them. Calls for one conversation keep their order.
   */
  with(
    conversationId: string,
    membersVersion: number,
    use: (conversation: LocalConversation) => void,
  ): void;
  /** Caches all of these entries until `trim` is called, so that a large batch is sent from memory. */
  remember(conversation: LocalConversation, entries: readonly Entry[]): void;
  /** Drops entries beyond the budget or too old. */
  trim(conversation: LocalConversation): void;
  /** Replaces an entry by its changed state, even if the entry itself arrives later. */
  changed(change: ChangedEntry): void;
  /** Drops all members, after notifications may have been lost. */
  forgetAll(): void;
}

const MAX_CONVERSATIONS = 20_000;
const MAX_RECENT = 128;
const MAX_RECENT_BYTES = 256 * 1024;
/**
 * Over all conversations. Entries are sent when they arrive; the cache serves connections that are a moment behind,
 * and long-lived objects cost the garbage collector more than a query.
 */
const RECENT_BUDGET = 2_048;
const RECENT_BUDGET_BYTES = 64 * 1024 * 1024;
/**
 * An older entry is read again. Twice this is less than the shortest retention (a minute), so no cached entry has
 * expired. Ages are compared with ages, because this clock may differ from that of PostgreSQL.
 */
const RECENT_KEPT_MS = 25_000;
/** Changes whose entry is not cached: it is old, or its notification is still in transit from another node. */
const MAX_EARLY_EDITS = 256;

export function createLocalConversations(deps: {
  db: Database;
  clock: Clock;
  log: Log;
  /** An announcement was dropped because PostgreSQL did not answer. */
  onMissed: () => void;
}): LocalConversations {
  // In the order of last use: the first is evicted first.
  const known = new Map<string, LocalConversation>();
  const waiting = new Map<
    string,
    { membersVersion: number; use: (conversation: LocalConversation) => void }[]
  >();
  // Conversations with cached entries, the longest unused first.
  const withRecent = new Map<string, LocalConversation>();
  let recentCount = 0;
  let recentBytes = 0;
  const earlyEdits = new Map<string, ChangedEntry>();

  const readMembers = createMembersReader(deps.db);

  function load(conversationId: string): void {
    readMembers(conversationId).then(
      ({ membersVersion, members, requestedId }) => {
        const conversation = known.get(conversationId) ?? {
          id: conversationId,
          membersVersion,
          members,
          requestedId,
          recent: [],
          recentBytes: 0,
          receivedAt: 0,
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
        deps.log.warn({ err: error, conversationId }, 'reading the members failed; will reconcile');
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

  function asChanged(entry: Entry): Entry {
    const change = earlyEdits.get(entry.id);
    return change === undefined ? entry : amended(entry, change);
  }

  function counting(conversation: LocalConversation, change: () => void): void {
    recentCount -= conversation.recent.length;
    recentBytes -= conversation.recentBytes;
    change();
    recentCount += conversation.recent.length;
    recentBytes += conversation.recentBytes;
  }

  /** Connections may still refer to the conversation itself. */
  function forgetEntries(conversation: LocalConversation): void {
    if (!withRecent.delete(conversation.id)) return;
    recentCount -= conversation.recent.length;
    recentBytes -= conversation.recentBytes;
    conversation.recent = [];
    conversation.recentBytes = 0;
  }

  function cached(conversationId: string, membersVersion: number): LocalConversation | undefined {
    const conversation = known.get(conversationId);
    if (conversation === undefined || conversation.membersVersion < membersVersion)
      return undefined;
    if (waiting.has(conversationId)) return undefined;
    touch(conversation);
    return conversation;
  }

  return {
    cached,
    with(conversationId, membersVersion, use) {
      const queue = waiting.get(conversationId);
      if (queue !== undefined) {
        // The current read may return an older version; then read again.
        queue.push({
          membersVersion,
          use: (conversation) => {
            if (conversation.membersVersion >= membersVersion) use(conversation);
            else this.with(conversationId, membersVersion, use);
          },
        });
        return;
      }
      const conversation = cached(conversationId, membersVersion);
      if (conversation !== undefined) {
        use(conversation);
        return;
      }
      waiting.set(conversationId, [{ membersVersion, use }]);
      load(conversationId);
    },
    remember(conversation, entries) {
      // A conversation that was evicted no longer counts toward the budget.
      if (known.get(conversation.id) !== conversation) return;
      const newest = conversation.recent.at(-1)?.seq;
      counting(conversation, () => {
        for (const entry of entries) rememberOne(conversation, asChanged(entry));
      });
      if (conversation.recent.at(-1)?.seq !== newest) conversation.receivedAt = deps.clock.now();
      withRecent.delete(conversation.id);
      withRecent.set(conversation.id, conversation);
    },
    trim(conversation) {
      if (withRecent.get(conversation.id) !== conversation) return;
      counting(conversation, () => forgetOld(conversation));
      for (const quiet of withRecent.values()) {
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
      if ((earlyEdits.get(change.id)?.version ?? 0) >= change.version) return;
      earlyEdits.delete(change.id);
      earlyEdits.set(change.id, change);
      if (earlyEdits.size > MAX_EARLY_EDITS)
        earlyEdits.delete(earlyEdits.keys().next().value as string);
    },
    forgetAll() {
      for (const conversation of withRecent.values()) forgetEntries(conversation);
      known.clear();
    },
  };
}

function rememberOne(conversation: LocalConversation, entry: Entry): void {
  const { recent } = conversation;
  const last = recent.at(-1);
  if (last !== undefined && entry.seq !== last.seq + 1) {
    const first = recent[0] as Entry;
    if (entry.seq >= first.seq && entry.seq <= last.seq) return;
    if (entry.seq === first.seq - 1) {
      recent.unshift(entry);
      conversation.recentBytes += entry.event.json.length;
      return;
    }
    if (entry.seq < first.seq) return;
    recent.length = 0;
    conversation.recentBytes = 0;
  }
  recent.push(entry);
  conversation.recentBytes += entry.event.json.length;
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
  // In steps: dropping one entry at a time would move the array for every message.
  if (recent.length > MAX_RECENT) forgetFirst(conversation, recent.length - MAX_RECENT / 2);
  while (conversation.recentBytes > MAX_RECENT_BYTES) {
    forgetFirst(conversation, Math.max(1, recent.length >> 1));
  }
}

function forgetFirst(conversation: LocalConversation, count: number): void {
  for (const gone of conversation.recent.splice(0, count)) {
    conversation.recentBytes -= gone.event.json.length;
  }
}

function amendRecent(conversation: LocalConversation, change: ChangedEntry): boolean {
  if (!amend(conversation.recent, change)) return false;
  conversation.recentBytes = conversation.recent.reduce(
    (sum, { event }) => sum + event.json.length,
    0,
  );
  return true;
}

/** The entry with this seq, if it is among the newest. */
export function recentEntry(
  conversation: LocalConversation,
  seq: number,
  now: number,
): Entry | undefined {
  if (now - conversation.receivedAt > RECENT_KEPT_MS) return undefined;
  const first = conversation.recent[0];
  return first === undefined ? undefined : conversation.recent[seq - first.seq];
}
