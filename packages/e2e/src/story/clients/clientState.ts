import type { Conversation, ConversationForAll, Message, Sync } from '@chasqui/protocol';
import { type KnownConversation, type Snapshot, snapshotOf } from './snapshot';

/** A client's state, built from events, syncs and its own sends by the rules of the protocol (D7). */
export interface ClientState {
  cursor: string | undefined;
  conversation(conversation: Conversation | ConversationForAll): void;
  message(message: Message): void;
  /** Applies an edit, a deletion or a reaction. */
  changed(message: Message): void;
  removed(conversationId: string): void;
  read(conversationId: string, readSeq: number): void;
  sync(page: Sync): void;
  /** The newest seq of a conversation, or 0. */
  newest(conversationId: string): number;
  messagesOf(conversationId: string): Message[];
  /** The state in a form that can be compared with a fresh fetch. */
  snapshot(): Record<string, Snapshot>;
}

export function createClientState(userId: string): ClientState {
  const conversations = new Map<string, KnownConversation>();
  const messages = new Map<string, Map<number, Message>>();
  /** Changes of entries that have not arrived yet: changes are sent immediately, entries in order of seq. */
  const earlyChanges = new Map<string, Message>();

  function conversation(one: Conversation | ConversationForAll): void {
    const known = conversations.get(one.id);
    const my = 'my' in one ? one.my : undefined;
    if (known === undefined) {
      // An update of an unknown conversation has no `my`; if it is ours, the next sync contains it.
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
    const changed = earlyChanges.get(received.id);
    const one = changed !== undefined && changed.version > received.version ? changed : received;
    earlyChanges.delete(received.id);
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

  const state: ClientState = {
    cursor: undefined,
    conversation,
    message,
    changed(one) {
      if (messages.get(one.conversation_id)?.has(one.seq) === true) message(one);
      else if ((earlyChanges.get(one.id)?.version ?? 0) < one.version)
        earlyChanges.set(one.id, one);
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
    snapshot() {
      const all: Record<string, Snapshot> = {};
      for (const [id, shown] of conversations) {
        all[id] = snapshotOf(userId, shown, [...(messages.get(id)?.values() ?? [])]);
      }
      return all;
    },
  };
  return state;
}
