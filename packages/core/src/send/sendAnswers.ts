import {
  type Bar,
  ConflictError,
  type Message,
  NotFoundError,
  ValidationError,
} from '@chasqui/protocol';
import type { Send } from './appendBatch';
import { barredError } from '../blocks/barred';
import { isoTime } from '../messages/messageRows';

/** The error for a send that was not stored. */
export function refusal(outcome: 'not_found' | 'conflict' | 'bad_reply' | Bar): Error {
  switch (outcome) {
    case 'not_found':
      return new NotFoundError();
    case 'conflict':
      return new ConflictError('this client message id was used with other content');
    case 'bad_reply': {
      const message = 'must be a message of this conversation';
      return new ValidationError(`reply_to_id: ${message}`, [{ path: 'reply_to_id', message }]);
    }
    case 'blocked':
    case 'deleted':
      return barredError(outcome);
    default:
      return outcome satisfies never;
  }
}

/** The newly stored message, identical to what a later read returns. */
export function toNewMessage(
  { id, request }: Send,
  seq: number,
  version: number,
  at: number,
): Message {
  return {
    id,
    conversation_id: request.conversationId,
    seq,
    version,
    kind: 'message',
    sender_id: request.senderId,
    client_message_id: request.clientMessageId,
    message_type: request.messageType,
    content_encrypted: request.contentEncrypted,
    reply_to_id: request.replyToId,
    created_at: isoTime(at / 1000),
    edited_at: null,
    deleted_at: null,
    reactions: [],
    status: 'sent',
  };
}
