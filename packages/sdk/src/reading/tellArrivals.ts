import { type ChatMessage, type Entry, isMessage } from '../entry';
import type { Waiters } from '../outbox/waiters';
import type { WritableStore } from '../store';

/** Tells those who listen of what has come, and the outbox of what has arrived. */
export interface Arrivals {
  /** Returns what ends it. */
  listen(listener: (message: ChatMessage) => void): () => void;
  /** Entries that came for the first time. */
  arrived(entries: readonly Entry[]): void;
  /** All that came: a message of mine among them has left the outbox, whatever became of its answer (D1). */
  seen(entries: readonly Entry[]): void;
}

export function createArrivals(
  store: WritableStore,
  waiters: Waiters,
  settle: (conversationId: string, clientMessageIds: readonly string[]) => void,
): Arrivals {
  const listeners = new Set<(message: ChatMessage) => void>();

  function tell(message: ChatMessage): void {
    for (const listener of [...listeners]) {
      try {
        listener(message);
      } catch (error) {
        // Theirs to handle, as with any event; it must not hold up the messages after this one.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  return {
    listen(listener) {
      const mine = (message: ChatMessage): void => listener(message);
      listeners.add(mine);
      return () => void listeners.delete(mine);
    },
    arrived(entries) {
      const { me, outbox } = store.getState();
      const mine = new Set(outbox.map((one) => one.client_message_id));
      for (const entry of entries) {
        if (!isMessage(entry) || entry.kind !== 'message' || entry.deleted_at !== null) continue;
        const { sender_id: senderId, client_message_id: clientMessageId } = entry;
        if (senderId === me?.id && mine.has(clientMessageId ?? '')) continue;
        tell(entry);
      }
    },
    seen(entries) {
      const { me, outbox } = store.getState();
      if (outbox.length === 0) return;
      for (const entry of entries) {
        if (!isMessage(entry) || entry.sender_id !== me?.id) continue;
        if (entry.client_message_id === null) continue;
        settle(entry.conversation_id, [entry.client_message_id]);
        waiters.arrived(entry);
      }
    },
  };
}
