import type { Message } from '@chasqui/protocol';

/** The entries that a device has received on all its connections, each in its newest version. */
export interface ReceivedEntries {
  has(message: Message): boolean;
  /** Stores an entry unless a newer version is known. Two messages with one seq are a violation. */
  keep(message: Message): void;
  /** By seq. */
  of(conversationId: string): Message[];
}

export function createReceivedEntries(onViolation: (violation: string) => void): ReceivedEntries {
  const received = new Map<string, Map<number, Message>>();
  return {
    has: ({ conversation_id, seq }) => received.get(conversation_id)?.has(seq) === true,
    keep(message) {
      const entries = received.get(message.conversation_id) ?? new Map<number, Message>();
      const known = entries.get(message.seq);
      if (known !== undefined && known.id !== message.id) {
        onViolation(`two messages with seq ${message.seq} in ${message.conversation_id}`);
      }
      if (known === undefined || message.version >= known.version) {
        entries.set(message.seq, message);
      }
      received.set(message.conversation_id, entries);
    },
    of: (conversationId) =>
      [...(received.get(conversationId)?.values() ?? [])].sort((a, b) => a.seq - b.seq),
  };
}
