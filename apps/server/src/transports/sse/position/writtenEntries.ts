import { isEventOf, type Message, type ServerEvent } from '@chasqui/protocol';

/** The entries that one stream has written since its base, to find those that changed without the stream noticing. */
export interface WrittenEntries {
  written(event: ServerEvent): void;
  /** Whether this state of the entry, or a newer one, has been written. */
  has(message: Message): boolean;
  clear(): void;
}

export function createWrittenEntries(): WrittenEntries {
  // Events are shared by all streams, and their JSON is parsed only when a version is asked for.
  const events = new Map<string, ServerEvent>();
  return {
    written(event) {
      if (event.conversationId === null || event.seq === null) return;
      events.set(`${event.conversationId} ${event.seq}`, event);
    },
    has({ conversation_id: conversationId, seq, version }) {
      const event = events.get(`${conversationId} ${seq}`);
      return event !== undefined && versionOf(event) >= version;
    },
    clear: () => events.clear(),
  };
}

function versionOf(event: ServerEvent): number {
  if (isEventOf(event, 'chat:message_received')) return event.data.version;
  return isEventOf(event, 'chat:message_updated') ? event.data.version : -1;
}
