import { messageReceivedFromJson } from '../events/messageEvents';
import type { Entry } from '../ports/index';

/** An entry for tests. */
export function testEntry(
  conversationId: string,
  seq: number,
  more: Partial<Omit<Entry, 'event' | 'seq' | 'conversationId'>> & { json?: string } = {},
): Entry {
  const { json, id = `${conversationId}:${seq}`, senderId = 'other', ...rest } = more;
  const text =
    json ?? JSON.stringify({ id, conversation_id: conversationId, seq, sender_id: senderId });
  return {
    ...{ id, conversationId, seq, senderId, counts: true, origin: null, at: 0 },
    ...rest,
    event: messageReceivedFromJson(conversationId, seq, text),
  };
}
