import { isDeepStrictEqual } from 'node:util';
import type { Conversation, ConversationForAll, Message, Sync } from '@chasqui/protocol';
import { withoutStatus } from '@chasqui/testkit';

/** What a client shows, built from events, syncs and its own sends by the rules of the contract alone (D7). */
export interface ShownState {
  cursor: string | undefined;
  conversation(conversation: Conversation | ConversationForAll): void;
  message(message: Message): void;
  /** An edit, a deletion or a reaction: of a message that is shown. */
  changed(message: Message): void;
  removed(conversationId: string): void;
  read(conversationId: string, readSeq: number): void;
  sync(page: Sync): void;
  /** The newest seq that is shown of a conversation. */
  newest(conversationId: string): number;
  messagesOf(conversationId: string): Message[];
  knows(messageId: string): boolean;
  /** What is shown, in a form that can be compared with that of a fresh fetch. */
  picture(): Record<string, Picture>;
}

/** Of one conversation, what every client must agree on. Other people's receipts are not among it. */
export interface Picture {
  title: string | null;
  participants: string[];
  my: { role: string; joinedSeq: number; readSeq: number; unread: number };
  messages: Record<number, Omit<Message, 'status'>>;
}

interface Shown {
  conversation: ConversationForAll;
  role: string;
  joinedSeq: number;
  readSeq: number;
}

export function createShownState(userId: string): ShownState {
  const conversations = new Map<string, Shown>();
  const messages = new Map<string, Map<number, Message>>();
  /** Changes of entries that have not come yet: a change is told at once, its entry in the order of seq. */
  const ahead = new Map<string, Message>();

  function conversation(one: Conversation | ConversationForAll): void {
    const known = conversations.get(one.id);
    const my = 'my' in one ? one.my : undefined;
    if (known === undefined) {
      // Without `my` it is an update of what is not shown: the next sync brings it, if it is ours.
      if (my === undefined) return;
      const { role, joined_seq: joinedSeq, read_seq: readSeq } = my;
      conversations.set(one.id, { conversation: one, role, joinedSeq, readSeq });
      forgetBefore(one.id, joinedSeq);
      return;
    }
    if (one.version >= known.conversation.version) {
      known.conversation = one;
      const mine = one.participants.find((participant) => participant.user_id === userId);
      known.role = my?.role ?? mine?.role ?? known.role;
      const joinedSeq = my?.joined_seq ?? mine?.joined_seq ?? known.joinedSeq;
      if (joinedSeq > known.joinedSeq) {
        known.joinedSeq = joinedSeq;
        forgetBefore(one.id, joinedSeq);
      }
    }
    known.readSeq = Math.max(known.readSeq, my?.read_seq ?? 0);
  }

  function forgetBefore(conversationId: string, joinedSeq: number): void {
    const entries = messages.get(conversationId);
    for (const seq of entries?.keys() ?? []) if (seq < joinedSeq) entries?.delete(seq);
  }

  function message(received: Message): void {
    const changed = ahead.get(received.id);
    const one = changed !== undefined && changed.version > received.version ? changed : received;
    ahead.delete(received.id);
    let entries = messages.get(one.conversation_id);
    if (entries === undefined) {
      entries = new Map<number, Message>();
      messages.set(one.conversation_id, entries);
    }
    const known = entries.get(one.seq);
    if (known === undefined || one.version >= known.version) entries.set(one.seq, one);
  }

  function removed(conversationId: string): void {
    conversations.delete(conversationId);
    messages.delete(conversationId);
  }

  const state: ShownState = {
    cursor: undefined,
    conversation,
    message,
    changed(one) {
      if (messages.get(one.conversation_id)?.has(one.seq) === true) message(one);
      else if ((ahead.get(one.id)?.version ?? 0) < one.version) ahead.set(one.id, one);
    },
    removed,
    read(conversationId, readSeq) {
      const known = conversations.get(conversationId);
      if (known !== undefined) known.readSeq = Math.max(known.readSeq, readSeq);
    },
    sync(page) {
      for (const id of page.removed) removed(id);
      for (const one of page.conversations) conversation(one);
      for (const one of page.messages) message(one);
      for (const receipt of page.receipts) {
        if (receipt.user_id === userId) state.read(receipt.conversation_id, receipt.read_seq);
      }
      state.cursor = page.cursor;
    },
    newest: (conversationId) => Math.max(0, ...(messages.get(conversationId)?.keys() ?? [])),
    messagesOf: (conversationId) => [...(messages.get(conversationId)?.values() ?? [])],
    knows: (messageId) =>
      [...messages.values()].some((entries) =>
        [...entries.values()].some(({ id }) => id === messageId),
      ),
    picture() {
      const all: Record<string, Picture> = {};
      for (const [id, shown] of conversations) {
        all[id] = pictureOf(userId, shown, [...(messages.get(id)?.values() ?? [])]);
      }
      return all;
    },
  };
  return state;
}

function pictureOf(
  userId: string,
  { conversation, role, joinedSeq, readSeq }: Shown,
  messages: Message[],
): Picture {
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

/** The picture that a fresh fetch gives; `unread` as the server counts it. */
export function freshPicture(
  userId: string,
  conversation: Conversation,
  history: Message[],
): Picture {
  const { role, joined_seq: joinedSeq, read_seq: readSeq, unread_count: unread } = conversation.my;
  const picture = pictureOf(userId, { conversation, role, joinedSeq, readSeq }, history);
  return { ...picture, my: { ...picture.my, unread } };
}

/** What two pictures differ in, in a few words; undefined when they are the same. */
export function difference(
  shown: Record<string, Picture>,
  fresh: Record<string, Picture>,
): string | undefined {
  for (const id of new Set([...Object.keys(shown), ...Object.keys(fresh)])) {
    const [mine, theirs] = [shown[id], fresh[id]];
    if (mine === undefined) return `${id} is not shown`;
    if (theirs === undefined) return `${id} is shown, and is not theirs`;
    const seqs = new Set([...Object.keys(mine.messages), ...Object.keys(theirs.messages)]);
    for (const seq of [...seqs].map(Number)) {
      const [left, right] = [mine.messages[seq], theirs.messages[seq]];
      if (isDeepStrictEqual(left, right)) continue;
      return `${id}: entry ${seq} is ${inWords(left)}, in truth ${inWords(right)}`;
    }
    for (const part of ['title', 'participants', 'my'] as const) {
      if (isDeepStrictEqual(mine[part], theirs[part])) continue;
      return `${id}: ${part} is ${inWords(mine[part])}, in truth ${inWords(theirs[part])}`;
    }
  }
  return undefined;
}

const inWords = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
