import { isDeepStrictEqual } from 'node:util';
import type { Conversation, ConversationForAll, Message } from '@chasqui/protocol';
import { withoutStatus } from '@chasqui/testkit';

/** The part of a conversation on which all clients must agree; excludes other people's receipts. */
export interface Snapshot {
  title: string | null;
  participants: string[];
  my: { role: string; joinedSeq: number; readSeq: number; unread: number };
  messages: Record<number, Omit<Message, 'status'>>;
}

/** A conversation with the own membership, as a client keeps it. */
export interface KnownConversation {
  conversation: ConversationForAll;
  role: string;
  joinedSeq: number;
  readSeq: number;
}

export function snapshotOf(
  userId: string,
  { conversation, role, joinedSeq, readSeq }: KnownConversation,
  messages: Message[],
): Snapshot {
  const visible = messages.filter(({ seq }) => seq >= joinedSeq);
  const unread = visible.filter(
    ({ kind, deleted_at, sender_id, seq }) =>
      kind === 'message' && deleted_at === null && sender_id !== userId && seq > readSeq,
  ).length;
  return {
    title: conversation.title,
    participants: conversation.participants
      .map(({ user_id, role: theirs, joined_seq }) => `${user_id} ${theirs} ${joined_seq}`)
      .sort(),
    my: { role, joinedSeq, readSeq, unread },
    messages: Object.fromEntries(
      visible.sort((a, b) => a.seq - b.seq).map((one) => [one.seq, withoutStatus(one)]),
    ),
  };
}

/** The snapshot of a fresh fetch, with `unread` as counted by the server. */
export function fetchedSnapshot(
  userId: string,
  conversation: Conversation,
  history: Message[],
): Snapshot {
  const { role, joined_seq: joinedSeq, read_seq: readSeq, unread_count: unread } = conversation.my;
  const snapshot = snapshotOf(userId, { conversation, role, joinedSeq, readSeq }, history);
  return { ...snapshot, my: { ...snapshot.my, unread } };
}

/** The first difference between two states as text; undefined if they are equal. */
export function difference(
  shown: Record<string, Snapshot>,
  fresh: Record<string, Snapshot>,
): string | undefined {
  for (const id of new Set([...Object.keys(shown), ...Object.keys(fresh)])) {
    const [mine, theirs] = [shown[id], fresh[id]];
    if (mine === undefined) return `${id} is missing`;
    if (theirs === undefined) return `${id} is shown, but not in a fetch`;
    const seqs = new Set([...Object.keys(mine.messages), ...Object.keys(theirs.messages)]);
    for (const seq of [...seqs].map(Number)) {
      const [left, right] = [mine.messages[seq], theirs.messages[seq]];
      if (isDeepStrictEqual(left, right)) continue;
      return `${id}: entry ${seq} is ${format(left)}, expected ${format(right)}`;
    }
    for (const part of ['title', 'participants', 'my'] as const) {
      if (isDeepStrictEqual(mine[part], theirs[part])) continue;
      return `${id}: ${part} is ${format(mine[part])}, expected ${format(theirs[part])}`;
    }
  }
  return undefined;
}

const format = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
