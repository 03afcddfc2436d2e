import { leastFar, type MessageStatus } from '@chasqui/protocol';
import { type ChatMessage, type Entry, isMessage } from './entry';
import type { OutboxEntry } from '../outbox/outboxEntry';
import type { ChatState, KnownConversation, TypingUser } from './chatState';
import { newestRun } from './timeline';

const none: readonly never[] = [];

/** All conversations, most recent activity first. */
export function selectConversations(state: ChatState): KnownConversation[] {
  return Object.values(state.conversationsById)
    .map((one) => ({ one, at: activityOf(one) }))
    .sort((a, b) => b.at.localeCompare(a.at) || a.one.id.localeCompare(b.one.id))
    .map(({ one }) => one);
}

function activityOf({ updated_at: updated, last_message: last }: KnownConversation): string {
  return last !== null && last.created_at > updated ? last.created_at : updated;
}

/**
 * The messages of a chat window: up to the newest known, without gaps. Returns the same array until they change. Unsent
 * messages are in `selectOutbox`.
 */
export function selectMessages(state: ChatState, conversationId: string): readonly ChatMessage[] {
  const entries = state.entriesByConversation[conversationId];
  if (entries === undefined) return none;
  const known = shown.get(entries);
  if (known !== undefined) return known;
  const messages = newestRun(entries).filter(isMessage);
  shown.set(entries, messages);
  return messages;
}

/** Caches the messages per entries array; entries are immutable. */
const shown = new WeakMap<readonly Entry[], readonly ChatMessage[]>();

/** Unsent messages of a conversation, in sending order. */
export function selectOutbox(state: ChatState, conversationId: string): readonly OutboxEntry[] {
  if (state.outbox.length === 0) return none;
  return state.outbox.filter((entry) => entry.conversation_id === conversationId);
}

/** Number of messages waiting to be sent, without refused ones, which wait for the user. */
export function selectOutboxSize(state: ChatState): number {
  return state.outbox.filter(({ status }) => status !== 'refused').length;
}

export function selectMessage(
  state: ChatState,
  conversationId: string,
  messageId: string,
): ChatMessage | undefined {
  return state.entriesByConversation[conversationId]?.find(
    (entry): entry is ChatMessage => entry.id === messageId && isMessage(entry),
  );
}

/** Whether there is history before the oldest message of `selectMessages`. */
export function selectHasOlder(state: ChatState, conversationId: string): boolean {
  const conversation = state.conversationsById[conversationId];
  if (conversation === undefined) return false;
  const first = newestRun(state.entriesByConversation[conversationId] ?? none)[0];
  const oldest = Math.max(1, conversation.my.joined_seq);
  return first === undefined ? conversation.last_seq >= oldest : first.seq > oldest;
}

/**
 * The status of an own message across all its recipients, for the ticks (D6). If not all participants are known, the status
 * last reported by the server; `messageStatus` loads the current one.
 */
export function selectStatus(state: ChatState, message: ChatMessage): MessageStatus {
  const conversation = state.conversationsById[message.conversation_id];
  if (!conversation?.participants_complete) return message.status;
  let least: MessageStatus | undefined;
  for (const one of conversation.participants) {
    if (one.user_id === message.sender_id || one.joined_seq > message.seq) continue;
    const status: MessageStatus =
      one.read_seq >= message.seq
        ? 'read'
        : one.delivered_seq >= message.seq
          ? 'delivered'
          : 'sent';
    least = least === undefined ? status : leastFar(least, status);
  }
  // Participants who left do not count. Without recipients the status is `sent`.
  return least ?? 'sent';
}

/** Other users who are typing in this conversation. */
export function selectTyping(state: ChatState, conversationId: string): readonly TypingUser[] {
  return state.typingByConversation[conversationId] ?? none;
}

/** Number of unread messages in all conversations, for an application badge. */
export function selectUnreadCount(state: ChatState): number {
  return Object.values(state.conversationsById).reduce((sum, { my }) => sum + my.unread_count, 0);
}

/** Number of messages not fetched yet, in conversations of which the client has some entries. */
export function missingMessages(state: ChatState): number {
  let missing = 0;
  for (const [id, entries] of Object.entries(state.entriesByConversation)) {
    const newest = entries.at(-1)?.seq;
    const lastSeq = state.conversationsById[id]?.last_seq ?? 0;
    if (newest !== undefined && lastSeq > newest) missing += lastSeq - newest;
  }
  return missing;
}
