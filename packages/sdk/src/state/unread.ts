import { type Entry, isMessage } from '../entry';
import type { KnownConversation } from './chatState';

/**
 * How many messages by others lie after my read position; neither deleted ones nor events count (D8). Counted from the
 * entries where they are known without a gap back to the read position; otherwise the server's last count, and what has
 * come since. Costs as much as there is unread.
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
    // It is not known what lies between here and what the server has counted.
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

function countsFor(entry: Entry, me: string): boolean {
  return (
    isMessage(entry) &&
    entry.kind === 'message' &&
    entry.deleted_at === null &&
    entry.sender_id !== me
  );
}
