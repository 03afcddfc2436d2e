import type { Cipher } from '../crypto/cipher';
import type { Clock } from '../scheduling/clock';
import type { Entry } from '../state/entry';
import { newInFrame, newInSync, entriesToKeep } from '../sync/newEntries';
import { catchUp } from '../sync/catchUp';
import type { MembershipGuard } from '../sync/readConsistently';
import type { Fetcher } from '../sync/fetcher';
import { createEventDecoder } from '../sync/eventDecoder';
import type { ChatEvent } from '../state/chatEvent';
import { missingMessages } from '../state/selectors';
import { newestGap } from '../state/timeline';
import { conversationToRecount } from '../state/unread';
import type { WritableStore } from '../state/store';
import { type Acknowledger, createAcknowledger } from './acknowledger';
import type { Rest } from '../transport/rest';
import type { ChatSocket } from '../transport/socket';

/** The work of one connection while it is open. */
export interface ConnectionWork {
  handle(name: string, data: unknown): void;
  /** A send was answered: its message has this seq. */
  answered(conversationId: string, seq: number): void;
  stop(): void;
}

export interface WorkDeps extends MembershipGuard {
  socket: ChatSocket;
  store: WritableStore;
  rest: Rest;
  cipher: Cipher;
  clock: Clock;
  random: () => number;
  fetcher: Fetcher;
  onMembership: () => void;
  onProgress: (received: number, missing: number) => void;
  onCaughtUp: () => void;
  onBroken: (error: Error) => void;
  /** New entries; called after they are in the state. */
  onArrived: (entries: readonly Entry[]) => void;
  /** All entries of frames and pages, repeated ones included. */
  onSeen: (entries: readonly Entry[]) => void;
}

/** Applies events, acknowledges and catches up. Live once the backlog has arrived and sync is complete (D5, D7). */
export function startConnectionWork(deps: WorkDeps): ConnectionWork {
  const { socket, store, clock, fetcher } = deps;
  const began = store.getState();
  let isOver = false;
  let isDrained = false;
  let isSynced = false;
  let received = 0;
  /** By conversation: the first seq received on this connection. Gaps after it are filled. */
  const firstReceived = new Map<string, number>();
  /** The list of requests changed during the sync, whose copy may be older. */
  let areRequestsStale = false;
  const isLive = (): boolean => isDrained && isSynced;

  const acknowledger: Acknowledger = createAcknowledger({
    socket,
    clock,
    has: (id, seq) =>
      (store.getState().entriesByConversation[id] ?? []).some((entry) => entry.seq === seq),
  });

  /** Ignores failures: the next entry, the next connection or `loadOlder` fetches again. */
  const quietly = (work: Promise<unknown>): void => void work.catch(() => undefined);

  function apply(event: ChatEvent, entries: readonly Entry[], arrived: readonly Entry[]): void {
    store.dispatch(event);
    received += arrived.length;
    if (!isLive()) deps.onProgress(received, missingMessages(store.getState()));
    deps.onArrived(arrived);
    deps.onSeen(entries);
  }

  function onFrame(entries: Entry[]): void {
    if (isOver) return;
    const arrived = newInFrame(store.getState(), entries);
    apply({ type: 'entries received', entries }, entries, arrived);
    acknowledger.received(entries);
    for (const { conversation_id: id, seq } of entries)
      if (!firstReceived.has(id)) firstReceived.set(id, seq);
    if (!isLive()) return;
    for (const id of new Set(entries.map(({ conversation_id }) => conversation_id))) complete(id);
  }

  /** Fetches an unknown conversation or missing entries. */
  function complete(id: string): void {
    const state = store.getState();
    if (!(id in state.conversationsById)) return quietly(fetcher.conversation(id));
    const gap = newestGap(state.entriesByConversation[id] ?? []);
    if (gap !== undefined && gap.before >= (firstReceived.get(id) ?? Infinity))
      quietly(fetcher.gap(id));
  }

  function onEvent(event: ChatEvent): void {
    if (isOver) return;
    store.dispatch(event);
    const uncounted = conversationToRecount(store.getState(), event);
    if (uncounted !== undefined) quietly(fetcher.conversation(uncounted));
  }

  function settle(): void {
    if (isOver || !isLive()) return;
    deps.onCaughtUp();
    for (const id of firstReceived.keys()) complete(id);
  }

  const handle = createEventDecoder({
    ...{ cipher: deps.cipher, clock, enqueue: deps.enqueue, onFrame, onEvent },
    onMembership: deps.onMembership,
    onRequests() {
      if (isOver) return;
      areRequestsStale = !isSynced;
      if (isSynced) quietly(fetcher.requests());
    },
    onDrained() {
      if (isOver) return;
      isDrained = true;
      acknowledger.drained();
      settle();
    },
  });

  catchUp({
    ...{ socket, store, clock, rest: deps.rest, cipher: deps.cipher, random: deps.random },
    ...{ enqueue: deps.enqueue, memberships: deps.memberships, isCurrent: () => !isOver },
    onPage(event) {
      const state = store.getState();
      const arrived = newInSync(state, began, event.entries);
      const entries = entriesToKeep(state, arrived, event.entries);
      apply({ ...event, entries }, event.entries, arrived);
    },
  }).then(
    () => {
      isSynced = true;
      if (areRequestsStale && !isOver) quietly(fetcher.requests());
      settle();
    },
    (error: unknown) => {
      if (!isOver) deps.onBroken(error instanceof Error ? error : new Error(String(error)));
    },
  );

  return {
    handle,
    answered: acknowledger.answered,
    stop() {
      isOver = true;
      acknowledger.stop();
    },
  };
}
