import type { Message, MessageType } from '@chasqui/protocol';

/** A message to send; a transport has validated its fields. */
export interface SendRequest {
  conversationId: string;
  senderId: string;
  contentEncrypted: string;
  messageType: MessageType;
  clientMessageId: string | null;
  replyToId: string | null;
}

export interface SendResult {
  message: Message;
  /** A message with this client message id was stored before; `message` is its current state (D2). */
  repeated: boolean;
}
