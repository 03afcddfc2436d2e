import { type ChatMessage, type Entry, isMessage } from '../state/entry';
import type { PendingSends } from '../outbox/pendingSends';
import type { WritableStore } from '../state/store';

/** Reports new messages to listeners and stored messages to the outbox. */
export interface MessageListeners {
  /** Returns a function that unsubscribes. */
  listen(listener: (message: ChatMessage) => void): () => void;
  /** New entries. */
  arrived(entries: readonly Entry[]): void;
  /** All received entries. Own messages among them leave the outbox, even if the reply to their send was lost (D1). */
  seen(entries: readonly Entry[]): void;
}

export function createMessageListeners(
  store: WritableStore,
  pendingSends: PendingSends,
  settle: (conversationId: string, clientMessageIds: readonly string[]) => void,
): MessageListeners {
  const listeners = new Set<(message: ChatMessage) => void>();

  function notify(message: ChatMessage): void {
    for (const listener of [...listeners]) {
      try {
        listener(message);
      } catch (error) {
        // Rethrown outside: a failing listener must not block later messages.
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
        notify(entry);
      }
    },
    seen(entries) {
      const { me, outbox } = store.getState();
      if (outbox.length === 0) return;
      for (const entry of entries) {
        if (!isMessage(entry) || entry.sender_id !== me?.id) continue;
        if (entry.client_message_id === null) continue;
        settle(entry.conversation_id, [entry.client_message_id]);
        pendingSends.arrived(entry);
      }
    },
  };
}
