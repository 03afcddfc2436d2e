import * as z from 'zod';
import {
  clientMessageId,
  contentEncrypted,
  type MessageType,
  messageType,
  timestamp,
  uuid,
  type WireError,
  wireErrorSchema,
} from '@chasqui/protocol';

/** The stored form of an unsent message: everything an attempt needs, unchanged between attempts. */
export interface StoredEntry {
  /** Position among all unsent messages of this user in this storage; sorts lexically. */
  order: string;
  client_message_id: string;
  conversation_id: string;
  /** Encoded once, so that every attempt sends the same bytes (D2). */
  content_encrypted: string;
  message_type: MessageType;
  reply_to_id: string | null;
  /** By the local clock. The server sets the final time when it stores the message. */
  created_at: string;
  /** The server's refusal. The message then waits for the user to retry or discard it. */
  refused: WireError | null;
}

export const storedEntrySchema = z.object({
  order: z.string(),
  client_message_id: clientMessageId,
  conversation_id: uuid,
  content_encrypted: contentEncrypted,
  message_type: messageType,
  reply_to_id: uuid.nullable(),
  created_at: timestamp,
  refused: wireErrorSchema.nullable(),
}) satisfies z.ZodType<StoredEntry>;

/** An unsent message in the state. */
export interface OutboxEntry extends StoredEntry {
  readonly content: string | null;
  readonly status: 'waiting' | 'sending' | 'refused';
}
