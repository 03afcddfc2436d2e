import type { Message } from '@chasqui/protocol';
import type { Entry } from '../ports/index';
import { messageReceived } from './messageEvents';

/**
 * The entry of a stored message. `at` is its commit time in milliseconds since 1970; `origin` the connection that
 * sent it, null when it did not just arrive over one.
 */
export function entryOf(message: Message, at: number, origin: string | null = null): Entry {
  return {
    id: message.id,
    conversationId: message.conversation_id,
    seq: message.seq,
    senderId: message.sender_id,
    counts: message.kind === 'message',
    origin,
    at,
    event: messageReceived(message),
  };
}
