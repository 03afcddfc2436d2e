import { type Entry, isMessage } from './entry';
import type { ChatEvent } from './chatEvent';
import type { ChatState, KnownConversation } from './chatState';
import { newestRun } from './timeline';

/**
 * Counts the messages of other users after the read position, without deleted ones and events (D8). Counts the entries if
 * they are known without a gap back to the read position; otherwise takes the server's latest count plus newer entries.
 * The cost is linear in the number of unread messages.
 */
export function countUnread(
  conversation: KnownConversation,
  entries: readonly Entry[],
  me: string,
): number {
  const { counted } = conversation;
  const { read_seq: readSeq } = conversation.my;
  const newest = entries.at(-1)?.seq ?? 0;
  if (newest < counted.up_to && readSeq < counted.up_to) {
    // Entries that the server has counted are missing here.
    return counted.unread;
  }
  let unread = 0;
  let beyond = 0;
  let next = newest;
  for (let i = entries.length - 1; i >= 0; i -= 1) {
    const entry = entries[i];
    if (entry === undefined || entry.seq <= readSeq) return unread;
    if (entry.seq !== next) break;
    if (countsFor(entry, me)) {
      unread += 1;
      if (entry.seq > counted.up_to) beyond += 1;
    }
    next = entry.seq - 1;
  }
  const isCovered = next <= Math.max(readSeq, conversation.my.joined_seq - 1);
  return isCovered || readSeq >= counted.up_to ? unread : counted.unread + beyond;
}

/**
 * Returns the conversation to load again after this event, if any. If entries are missing between the read position and the
 * newest, only the server can count, and its events do not say which moment their count belongs to (D8).
 */
export function conversationToRecount(state: ChatState, event: ChatEvent): string | undefined {
  const id =
    event.type === 'unread updated'
      ? event.update.conversationId
      : event.type === 'message updated'
        ? event.entry.conversation_id
        : undefined;
  const conversation = id === undefined ? undefined : state.conversationsById[id];
  if (conversation === undefined) return undefined;
  const { read_seq: readSeq } = conversation.my;
  if (event.type === 'message updated' && event.entry.seq <= readSeq) return undefined;
  const first = newestRun(state.entriesByConversation[conversation.id] ?? [])[0]?.seq;
  const isCovered = first === undefined ? readSeq >= conversation.last_seq : first <= readSeq + 1;
  return isCovered ? undefined : conversation.id;
}

function countsFor(entry: Entry, me: string): boolean {
  return (
    isMessage(entry) &&
    entry.kind === 'message' &&
    entry.deleted_at === null &&
    entry.sender_id !== me
  );
}
