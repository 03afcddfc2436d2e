import type { ServerEventName } from '@chasqui/protocol';

/** Names of the chat's events on the transports that carry events of other applications too. */
const names = {
  'session:ready': 'session-ready',
  'chat:message_received': 'new-message',
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
} as const satisfies Partial<Record<ServerEventName, string>>;

export type TopicEventName = (typeof names)[keyof typeof names];

const byName = new Map<string, TopicEventName>(Object.entries(names));

/** The name of an event; undefined for those that only concern the connection itself. */
export const topicEventName = (event: ServerEventName): TopicEventName | undefined =>
  byName.get(event);
