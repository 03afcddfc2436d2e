import * as z from 'zod';
import {
  clientMessageId,
  contentEncrypted,
  messageType,
  timestamp,
  uuid,
  wireErrorSchema,
} from '@chasqui/protocol';

/** The stored form of an unsent message: everything an attempt needs, unchanged between attempts. */
export const storedEntrySchema = z.object({
  /** Position among all unsent messages of this user in this storage; sorts lexically. */
  order: z.string(),
  client_message_id: clientMessageId,
  conversation_id: uuid,
  /** Encoded once, so that every attempt sends the same bytes (D2). */
  content_encrypted: contentEncrypted,
  message_type: messageType,
  reply_to_id: uuid.nullable(),
  /** By the local clock. The server sets the final time when it stores the message. */
  created_at: timestamp,
  /** The server's refusal. The message then waits for the user to retry or discard it. */
  refused: wireErrorSchema.nullable(),
});

export type StoredEntry = z.infer<typeof storedEntrySchema>;

/** An unsent message in the state. */
export interface OutboxEntry extends StoredEntry {
  readonly content: string | null;
  readonly status: 'waiting' | 'sending' | 'refused';
}
