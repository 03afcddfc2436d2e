import * as z from 'zod';
import { seqNumber, uuid, version } from '@pern/protocol/ids';
import { type Message, messageSchema } from '@pern/protocol/message';
import type { Cipher } from './cipher';

/** A message, or an event of the conversation, with its content as people wrote it. */
export interface ChatMessage extends Message {
  /** null for events, for deleted messages, and for what cannot be decoded (`isUnreadable`). */
  readonly content: string | null;
  readonly isUnreadable: boolean;
}

const unknownEntrySchema = z
  .object({ id: uuid, conversation_id: uuid, seq: seqNumber, version })
  .transform((entry) => ({ ...entry, kind: 'unknown' as const }));

/** An entry of a kind that is newer than this client: it has its place and is acknowledged, and is not shown. */
export type UnknownEntry = z.output<typeof unknownEntrySchema>;

/** As it is on the wire. */
export type WireEntry = Message | UnknownEntry;

/** What a conversation consists of: seq 1, 2, 3, … without gaps (D3). */
export type Entry = ChatMessage | UnknownEntry;

/** Reads what the server sent; undefined for what has no place in any conversation. */
export function readEntry(value: unknown): WireEntry | undefined {
  const message = messageSchema.safeParse(value);
  return message.success ? message.data : unknownEntrySchema.safeParse(value).data;
}

export const isMessage = (entry: Entry): entry is ChatMessage => entry.kind !== 'unknown';

/** Without what this client has added: as it is stored, so that a Cipher that encrypts one day is not undone there. */
export function onWire({
  content: _content,
  isUnreadable: _isUnreadable,
  ...message
}: ChatMessage): Message {
  return message;
}

/** Adds the content. Never throws: what cannot be decoded is marked, and does not hold up what comes after it. */
export async function decodeMessage(cipher: Cipher, message: Message): Promise<ChatMessage> {
  const { content_encrypted: encoded, conversation_id: conversationId } = message;
  if (encoded === null) return { ...message, content: null, isUnreadable: false };
  try {
    const content = await cipher.decode(encoded, conversationId);
    return { ...message, content, isUnreadable: false };
  } catch {
    return { ...message, content: null, isUnreadable: true };
  }
}

export async function decodeEntry(cipher: Cipher, entry: WireEntry): Promise<Entry> {
  return entry.kind === 'unknown' ? entry : decodeMessage(cipher, entry);
}

export function decodeEntries(cipher: Cipher, entries: readonly WireEntry[]): Promise<Entry[]> {
  return Promise.all(entries.map((entry) => decodeEntry(cipher, entry)));
}
