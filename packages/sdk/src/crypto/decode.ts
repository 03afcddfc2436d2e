import type { Message } from '@chasqui/protocol';
import type { ChatMessage, Entry, WireEntry } from '../state/entry';
import type { Cipher } from './cipher';

/** Decodes the content. Never rejects: an undecodable message is marked and does not block the ones after it. */
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
