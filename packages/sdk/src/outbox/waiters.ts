import { errorFromWire } from '@pern/protocol/errorFromWire';
import { type ChatMessage, type Entry, isMessage } from '../entry';
import type { OutboxEntry } from './outboxEntry';

/** Those who want to know what becomes of one message, such as a bot that goes on only then. */
export interface Waiters {
  /** Resolves when the server has it; rejects with the reason when it is refused, or discarded. */
  wait(clientMessageId: string): Promise<ChatMessage>;
  changed(outbox: readonly OutboxEntry[]): void;
  /** It was acknowledged, or seen in its conversation. */
  arrived(entry: Entry): void;
  /** It was taken out of the outbox. */
  discarded(clientMessageId: string): void;
  /** Nobody will know: the client closes, or its user signs out. */
  giveUp(reason: Error): void;
}

interface Waiter {
  resolve: (message: ChatMessage) => void;
  reject: (error: Error) => void;
}

export function createWaiters(): Waiters {
  const waiting = new Map<string, Waiter[]>();

  function settle(clientMessageId: string, how: (waiter: Waiter) => void): void {
    const waiters = waiting.get(clientMessageId) ?? [];
    waiting.delete(clientMessageId);
    waiters.forEach(how);
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
