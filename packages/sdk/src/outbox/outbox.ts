import type { MessageType } from '@chasqui/protocol';
import type { Clock, Timer } from '../scheduling/clock';
import type { Entry } from '../state/entry';
import { createSerialQueue } from '../scheduling/serialQueue';
import { decideRetry } from './retryDecision';
import { nextRetryAt, nextSends, type OutboxView } from './nextSends';
import type { OutboxEntry, StoredEntry } from './outboxEntry';
import type { OutboxStorage } from './outboxStorage';

/** An encoded message that is not in the outbox yet. */
export interface Draft {
  readonly client_message_id: string;
  readonly conversation_id: string;
  readonly content_encrypted: string;
  readonly message_type: MessageType;
  readonly reply_to_id: string | null;
}

/** Makes one attempt. Resolves to the stored message; rejects when it is refused or the outcome is unknown. */
export type Send = (entry: StoredEntry) => Promise<Entry>;

/**
 * Messages waiting to be sent. Each is stored before its first attempt, sent in order within its conversation, retried
 * under the same id, and removed once the server has acknowledged it (D1, D2).
 */
export interface Outbox {
  /** Resolves when all drafts are stored, in this order. Rejects when they cannot be stored; then none is sent. */
  add(drafts: readonly Draft[]): Promise<void>;
  /** Sets how to send, or undefined when the connection is lost. */
  connect(send: Send | undefined): void;
  /** From now on this client sends for all tabs that share the storage. */
  lead(): void;
  /** Loads the messages that another tab has stored. */
  reload(): Promise<void>;
  /** Removes messages that were received in their conversation: they are stored even if the reply was lost. */
  arrived(conversationId: string, clientMessageIds: readonly string[]): Promise<void>;
  /** Retries a refused message in its old place. Does nothing for any other message. */
  retry(clientMessageId: string): Promise<void>;
  /** Removes a message. If an attempt was already made, the server may still have stored it. */
  discard(clientMessageId: string): Promise<void>;
  /** Stops sending. Stored messages stay. */
  stop(): void;
}

interface Deps {
  storage: OutboxStorage;
  clock: Clock;
  random: () => number;
  /** Returns a sort key greater than `after` and all keys returned before. */
  order: (after: string | undefined) => string;
  /** Returns the text of a stored message; null when it cannot be decoded. */
  decode: (entry: StoredEntry) => Promise<string | null>;
  onChange: (outbox: readonly OutboxEntry[]) => void;
  onSent: (entry: Entry, outbox: readonly OutboxEntry[]) => void;
  /** The stored outbox changed; other tabs have to reload it. */
  onStored: () => void;
}

export function createOutbox(deps: Deps): Outbox {
  const { storage, clock, random } = deps;
  const enqueue = createSerialQueue();
  let entries: readonly StoredEntry[] = [];
  /** Decoded content by client message id; it never changes. */
  const contents = new Map<string, string | null>();
  const views = new WeakMap<StoredEntry, OutboxEntry>();
  /** Conversations with an attempt in flight. */
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
  /** Returns the same object as long as nothing has changed. */
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
    // The clock was set back. Without this, a wait of a second could become an hour.
    if (now < lastPump) waitUntil.clear();
    lastPump = now;
    const view: OutboxView = { entries, underWay, waitUntil, now };
    const next = nextSends(view);
    for (const entry of next) void attempt(entry, send);
    if (next.length > 0) changed();
    const at = nextRetryAt({ ...view, underWay });
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

  /** Removes the message only after its acknowledgement. A crash in between causes one more attempt (D2). */
  async function succeed(sent: StoredEntry, arrived: Entry): Promise<void> {
    failures.delete(sent.conversation_id);
    await enqueue(async () => {
      await storage.remove([sent]);
      await take(without(sent));
      if (!isStopped) deps.onSent(arrived, shown());
    });
    deps.onStored();
  }

  async function fail(entry: StoredEntry, error: unknown): Promise<void> {
    const { conversation_id: conversationId } = entry;
    const count = (failures.get(conversationId) ?? 0) + 1;
    const outcome = decideRetry(error, count, random());
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
    return enqueue(async () => {
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
      await enqueue(async () => {
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
      // A new connection may succeed at once.
      waitUntil.clear();
      pump();
    },
    lead() {
      isLeading = true;
      pump();
    },
    async reload() {
      await enqueue(async () => {
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
      // The reply to a message in flight is about to arrive. Only the leading tab writes.
      const gone = there.filter(({ client_message_id: id }) => !sending.has(id));
      if (gone.length === 0) return;
      const orders = new Set(gone.map(({ order }) => order));
      await enqueue(async () => {
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
      await enqueue(async () => {
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
