import * as z from 'zod';
import { wireErrorSchema } from '@pern/protocol/errors';
import { uuid } from '@pern/protocol/ids';
import { messageType } from '@pern/protocol/message';
import { clientMessageId, contentEncrypted } from '@pern/protocol/text';
import { timestamp } from '@pern/protocol/time';

/** A message on its way, as it is stored: everything that an attempt needs, and nothing that changes between two. */
export const storedEntrySchema = z.object({
  /** Its place among all messages of this user on this storage; sorts as text. */
  order: z.string(),
  client_message_id: clientMessageId,
  conversation_id: uuid,
  /** Encoded once, so that every attempt sends the same (D2). */
  content_encrypted: contentEncrypted,
  message_type: messageType,
  reply_to_id: uuid.nullable(),
  /** By this machine's clock; what counts is when the server stores it. */
  created_at: timestamp,
  /** Why the server refused it. Then it waits for its user to retry or discard it. */
  refused: wireErrorSchema.nullable(),
});

export type StoredEntry = z.infer<typeof storedEntrySchema>;

/** A message on its way, as it is shown. */
export interface OutboxEntry extends StoredEntry {
  readonly content: string | null;
  readonly status: 'waiting' | 'sending' | 'refused';
}
