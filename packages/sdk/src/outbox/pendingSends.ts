import { errorFromWire } from '@chasqui/protocol';
import { type ChatMessage, type Entry, isMessage } from '../state/entry';
import type { OutboxEntry } from './outboxEntry';

/** Promises for the outcome of single messages, for callers of `whenSent`. */
export interface PendingSends {
  /** Resolves when the server has stored the message; rejects when it is refused or discarded. */
  wait(clientMessageId: string): Promise<ChatMessage>;
  changed(outbox: readonly OutboxEntry[]): void;
  /** The message was acknowledged, or received in its conversation. */
  arrived(entry: Entry): void;
  /** The message was removed from the outbox. */
  discarded(clientMessageId: string): void;
  /** Rejects all promises: the client closes or the user signs out. */
  giveUp(reason: Error): void;
}

interface Waiter {
  resolve: (message: ChatMessage) => void;
  reject: (error: Error) => void;
}

export function createPendingSends(): PendingSends {
  const waiting = new Map<string, Waiter[]>();

  function settle(clientMessageId: string, how: (waiter: Waiter) => void): void {
    const pendingSends = waiting.get(clientMessageId) ?? [];
    waiting.delete(clientMessageId);
    pendingSends.forEach(how);
  }

  return {
    wait: (clientMessageId) =>
      new Promise((resolve, reject) => {
        const others = waiting.get(clientMessageId) ?? [];
        waiting.set(clientMessageId, [...others, { resolve, reject }]);
      }),
    changed(outbox) {
      if (waiting.size === 0) return;
      for (const { client_message_id: id, refused } of outbox) {
        if (refused !== null) settle(id, ({ reject }) => reject(errorFromWire(refused)));
      }
    },
    arrived(entry) {
      if (!isMessage(entry) || entry.client_message_id === null) return;
      settle(entry.client_message_id, ({ resolve }) => resolve(entry));
    },
    discarded(id) {
      settle(id, ({ reject }) => reject(new Error('the message was discarded')));
    },
    giveUp(reason) {
      for (const id of [...waiting.keys()]) settle(id, ({ reject }) => reject(reason));
    },
  };
}
