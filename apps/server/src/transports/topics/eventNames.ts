import type { ServerEventName } from '@chasqui/protocol';

/** Names of the chat's events on the transports that carry events of other applications too; null for those without one. */
const names = {
  'session:ready': 'session-ready',
  'chat:message_received': 'new-message',
  // Only for clients that understand batches.
  'chat:messages_received': null,
  'chat:queue_empty': 'queue-empty',
  'chat:message_updated': 'message-updated',
  'chat:message_status_updated': 'message-status',
  'chat:unread_updated': 'unread-updated',
  'chat:block_changed': 'block-changed',
  'requests:changed': 'requests-changed',
  'chat:user_typing': 'typing',
  'user:status_changed': 'user-status',
  'privacy:changed': 'privacy-changed',
  'conversation:created': 'conversation-created',
  'conversation:updated': 'conversation-updated',
  'conversation:removed': 'conversation-removed',
} as const satisfies Record<ServerEventName, string | null>;

export type TopicEventName = NonNullable<(typeof names)[ServerEventName]>;

/** The name of an event; undefined for those that these transports do not carry. */
export const topicEventName = (event: ServerEventName): TopicEventName | undefined =>
  names[event] ?? undefined;
