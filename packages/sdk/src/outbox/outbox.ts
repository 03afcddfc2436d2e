import type { MessageType } from '@pern/protocol/message';
import type { Clock, Timer } from '../clock';
import type { Entry } from '../entry';
import { createTurns } from '../inTurn';
import { judgeAttempt } from './attempt';
import { nextLook, nextSends, type OutboxView } from './nextSends';
import type { OutboxEntry, StoredEntry } from './outboxEntry';
import type { OutboxStorage } from './outboxStorage';

/** What somebody wrote, encoded. */
export interface Draft {
  readonly client_message_id: string;
  readonly conversation_id: string;
  readonly content_encrypted: string;
  readonly message_type: MessageType;
  readonly reply_to_id: string | null;
}

/** One attempt. Resolves to the message as the server has it; rejects when it is refused, or nobody knows. */
export type Send = (entry: StoredEntry) => Promise<Entry>;

/**
 * Messages on their way. Each is stored before the first attempt, is sent in the order of its conversation, again and
 * again with the same id, and leaves when the server has acknowledged it (D1, D2).
 */
export interface Outbox {
  /** Resolves when all of them are stored, in this order. */
  add(drafts: readonly Draft[]): Promise<void>;
  /** There is a connection, or there is none any more. */
  connect(send: Send | undefined): void;
  /** From now on this client sends, for all that share the storage. */
  lead(): void;
  /** Takes in what another tab has stored. */
  reload(): Promise<void>;
  /** Its message was seen in its conversation: it has arrived, whatever became of the answer. */
  arrived(conversationId: string, clientMessageIds: readonly string[]): Promise<void>;
  /** Tries a refused one again, in its old place. Nothing happens to one that is not refused. */
  retry(clientMessageId: string): Promise<void>;
  /** Takes it out. One that was tried before may have been stored by the server all the same. */
  discard(clientMessageId: string): Promise<void>;
  /** Sends nothing more. What is stored stays. */
  stop(): void;
}

interface Deps {
  storage: OutboxStorage;
  clock: Clock;
  random: () => number;
  /** A place after this one, and after all that were given before. */
  order: (after: string | undefined) => string;
  /** How an entry is shown. */
  decode: (entry: StoredEntry) => Promise<string | null>;
  onChange: (outbox: readonly OutboxEntry[]) => void;
  onSent: (entry: Entry, outbox: readonly OutboxEntry[]) => void;
  /** Something was stored that other tabs should know. */
  onStored: () => void;
}

export function createOutbox(deps: Deps): Outbox {
  const { storage, clock, random } = deps;
  const inTurn = createTurns();
  let entries: readonly StoredEntry[] = [];
  /** By client message id; content does not change. */
  const contents = new Map<string, string | null>();
  const views = new WeakMap<StoredEntry, OutboxEntry>();
  /** Conversations. */
  const underWay = new Set<string>();
  const sending = new Set<string>();
  const waitUntil = new Map<string, number>();
  const failures = new Map<string, number>();
  let send: Send | undefined;
  let isLeading = false;
  let isStopped = false;
  let timer: Timer | undefined;
  let lastPump = 0;

  const shown = (): OutboxEntry[] => entries.map(show);
  /** What has not changed stays the same object. */
  function show(entry: StoredEntry): OutboxEntry {
    const { client_message_id: id, refused } = entry;
    const status = refused !== null ? 'refused' : sending.has(id) ? 'sending' : 'waiting';
    const before = views.get(entry);
    if (before?.status === status) return before;
    const view: OutboxEntry = { ...entry, content: contents.get(id) ?? null, status };
    views.set(entry, view);
    return view;
  }
  const changed = (): void => deps.onChange(shown());

  async function take(next: readonly StoredEntry[]): Promise<void> {
    for (const entry of next) {
      if (contents.has(entry.client_message_id)) continue;
      contents.set(entry.client_message_id, await deps.decode(entry));
    }
    entries = next;
    const kept = new Set(next.map(({ client_message_id: id }) => id));
    for (const id of contents.keys()) if (!kept.has(id)) contents.delete(id);
  }

  const without = (gone: StoredEntry): StoredEntry[] =>
    entries.filter(({ client_message_id: id }) => id !== gone.client_message_id);

  function pump(): void {
    timer?.cancel();
    timer = undefined;
    if (!isLeading || isStopped || send === undefined) return;
    const now = clock.now();
    // The clock was set back: a wait of a second must not become one of an hour.
    if (now < lastPump) waitUntil.clear();
    lastPump = now;
    const view: OutboxView = { entries, underWay, waitUntil, now };
    const next = nextSends(view);
    for (const entry of next) void attempt(entry, send);
    if (next.length > 0) changed();
    const at = nextLook({ ...view, underWay });
    if (at !== undefined) timer = clock.setTimeout(pump, Math.max(1, at - view.now));
  }

  async function attempt(entry: StoredEntry, by: Send): Promise<void> {
    const { client_message_id: id, conversation_id: conversationId } = entry;
    underWay.add(conversationId);
    sending.add(id);
    try {
      await succeed(entry, await by(entry));
    } catch (error) {
      if (by === send) await fail(entry, error);
    } finally {
      underWay.delete(conversationId);
      sending.delete(id);
    }
    if (!isStopped) changed();
    pump();
  }

  /** It leaves the storage only after the acknowledgement; a crash in between means one more attempt (D2). */
  async function succeed(sent: StoredEntry, arrived: Entry): Promise<void> {
    failures.delete(sent.conversation_id);
    await inTurn(async () => {
      await storage.remove([sent]);
      await take(without(sent));
      if (!isStopped) deps.onSent(arrived, shown());
    });
    deps.onStored();
  }

  async function fail(entry: StoredEntry, error: unknown): Promise<void> {
    const { conversation_id: conversationId } = entry;
    const count = (failures.get(conversationId) ?? 0) + 1;
    const outcome = judgeAttempt(error, count, random());
    if (outcome.kind === 'refused') {
      failures.delete(conversationId);
      return replace({ ...entry, refused: outcome.error });
    }
    failures.set(conversationId, count);
    const until = clock.now() + outcome.waitMs;
    const ids = outcome.isForAll
      ? new Set(entries.map(({ conversation_id: id }) => id))
      : [conversationId];
    for (const id of ids) waitUntil.set(id, until);
  }

  function replace(entry: StoredEntry): Promise<void> {
    return inTurn(async () => {
      if (!entries.some(({ order }) => order === entry.order)) return;
      await storage.write([entry]);
      entries = entries.map((one) => (one.order === entry.order ? entry : one));
      changed();
      deps.onStored();
    });
  }

  const find = (clientMessageId: string): StoredEntry | undefined =>
    entries.find(({ client_message_id: id }) => id === clientMessageId);

  return {
    async add(drafts) {
      await inTurn(async () => {
        let last = entries.at(-1)?.order;
        const added = drafts.map((draft): StoredEntry => {
          last = deps.order(last);
          const createdAt = new Date(clock.now()).toISOString();
          return { ...draft, order: last, created_at: createdAt, refused: null };
        });
        await storage.write(added);
        await take([...entries, ...added]);
        changed();
        deps.onStored();
      });
      pump();
    },
    connect(by) {
      send = by;
      // Whoever was waited for may be there now.
      waitUntil.clear();
      pump();
    },
    lead() {
      isLeading = true;
      pump();
    },
    async reload() {
      await inTurn(async () => {
        await take(await storage.read());
        if (!isStopped) changed();
      });
      pump();
    },
    async arrived(conversationId, clientMessageIds) {
      const ids = new Set(clientMessageIds);
      const there = entries.filter(
        (one) => one.conversation_id === conversationId && ids.has(one.client_message_id),
      );
      // One that is under way has its answer coming, and two tabs need not both write.
      const gone = there.filter(({ client_message_id: id }) => !sending.has(id));
      if (gone.length === 0) return;
      const orders = new Set(gone.map(({ order }) => order));
      await inTurn(async () => {
        if (isLeading) await storage.remove(gone);
        await take(entries.filter(({ order }) => !orders.has(order)));
        if (!isStopped) changed();
      });
    },
    async retry(clientMessageId) {
      const entry = find(clientMessageId);
      if (entry === undefined || entry.refused === null) return;
      await replace({ ...entry, refused: null });
      pump();
    },
    async discard(clientMessageId) {
      const entry = find(clientMessageId);
      if (entry === undefined) return;
      await inTurn(async () => {
        await storage.remove([entry]);
        await take(without(entry));
        changed();
        deps.onStored();
      });
      pump();
    },
    stop() {
      isStopped = true;
      timer?.cancel();
      send = undefined;
    },
  };
}
