import {
  BATCH_MAX,
  createEvent,
  createEventFromJson,
  type Message,
  type ServerEvent,
} from '@chasqui/protocol';
import { messageJson } from '../messages/messageJson';
import type { Entry } from '../ports/index';

/** An entry for the members of its conversation. Built where the entry is committed or read, and nowhere else. */
export function messageReceived(message: Message): ServerEvent<'chat:message_received'> {
  return messageReceivedFromJson(message.conversation_id, message.seq, messageJson(message));
}

/** The same from the message's JSON text, such as another node sent it. */
export function messageReceivedFromJson(
  conversationId: string,
  seq: number,
  json: string,
): ServerEvent<'chat:message_received'> {
  return createEventFromJson('chat:message_received', json, {
    conversationId,
    seq,
    recipients: { scope: 'members' },
  });
}

/** Several entries in one frame, for one connection (R4). At most BATCH_MAX. */
export function messagesReceived(entries: readonly Entry[]): ServerEvent<'chat:messages_received'> {
  if (entries.length > BATCH_MAX) throw new RangeError('too many entries for one event');
  const messages = entries.map(({ event }) => event.json).join(',');
  return createEventFromJson('chat:messages_received', `{"messages":[${messages}]}`, {
    conversationId: null,
    seq: null,
    recipients: { scope: 'connection' },
  });
}

/** A message after an edit, a deletion or a reaction, for the members whose membership covers it (D7, D9). */
export function messageUpdated(message: Message): ServerEvent<'chat:message_updated'> {
  return createEvent('chat:message_updated', message, {
    conversationId: message.conversation_id,
    seq: message.seq,
    recipients: { scope: 'members' },
  });
}

/** The backlog has been sent: `delivered` entries (D5). */
export function queueEmpty(delivered: number): ServerEvent<'chat:queue_empty'> {
  return createEvent(
    'chat:queue_empty',
    { delivered },
    { conversationId: null, seq: null, recipients: { scope: 'connection' } },
  );
}
