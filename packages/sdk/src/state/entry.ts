import * as z from 'zod';
import { type Message, messageSchema, seqNumber, uuid, version } from '@chasqui/protocol';

/** A message or conversation event with its decoded content. */
export interface ChatMessage extends Message {
  /** Null for events, for deleted messages, and when decoding failed (`isUnreadable`). */
  readonly content: string | null;
  readonly isUnreadable: boolean;
}

/** An entry of a kind newer than this client. It keeps its seq and is acknowledged, but is not shown. */
export interface UnknownEntry {
  kind: 'unknown';
  id: string;
  conversation_id: string;
  seq: number;
  version: number;
}

const unknownEntrySchema = z
  .object({ id: uuid, conversation_id: uuid, seq: seqNumber, version })
  .transform((entry): UnknownEntry => ({ ...entry, kind: 'unknown' }));

/** An entry before decoding, as sent by the server. */
export type WireEntry = Message | UnknownEntry;

/** One item of a conversation. Entries have seq 1, 2, 3, … without gaps (D3). */
export type Entry = ChatMessage | UnknownEntry;

/** Parses an entry from the server; undefined for anything that is not an entry of a conversation. */
export function readEntry(value: unknown): WireEntry | undefined {
  const message = messageSchema.safeParse(value);
  return message.success ? message.data : unknownEntrySchema.safeParse(value).data;
}

export const isMessage = (entry: Entry): entry is ChatMessage => entry.kind !== 'unknown';

/** Removes the decoded content. Entries are stored in this form, so that the storage never holds decrypted text. */
export function toWire({
  content: _content,
  isUnreadable: _isUnreadable,
  ...message
}: ChatMessage): Message {
  return message;
}
