import type { Presence, User } from '@chasqui/protocol';
import {
  type ChatMessage,
  type ChatState,
  type Connection,
  emptyState,
  type KnownConversation,
  type OutboxEntry,
  selectConversations,
  selectHasOlder,
  selectMessages,
  selectOutbox,
  selectTyping,
  type TypingUser,
} from '@chasqui/sdk';

/** A message in the chat window: stored by the server, or still in the outbox. */
export type ShownMessage = ChatMessage | OutboxEntry;

/** The state that components read. All of it is derived from `chat` and the open conversation. */
export interface ChatView {
  /** The SDK state, unchanged. */
  readonly chat: ChatState;
  readonly me: User | null;
  readonly connection: Connection;
  readonly isOnline: boolean;
  /** Most recent activity first. */
  readonly conversations: readonly KnownConversation[];
  readonly currentConversationId: string | null;
  /** Messages of the open conversation, by `messageKey`. */
  readonly messagesById: Readonly<Record<string, ShownMessage>>;
  /** In display order; outbox messages come last. */
  readonly messageIdsInConversation: readonly string[];
  readonly optimisticMessageIds: ReadonlySet<string>;
  readonly hasOlderMessages: boolean;
  readonly userPresenceById: Readonly<Record<string, Presence>>;
  readonly typingUsersInConversation: readonly TypingUser[];
}

export const isOutboxEntry = (message: ShownMessage): message is OutboxEntry => 'order' in message;

/**
 * A stable React key for a message. The user's own messages keep their key when the server acknowledges them, so their
 * rows are not remounted.
 */
export function messageKey(message: ShownMessage, me: string | undefined): string {
  // A client message id is arbitrary text. The prefix keeps it from matching an inherited property such as `__proto__`
  // and from looking like a number: objects list numeric keys first, which would break the display order.
  const ownKey = `own/${message.client_message_id}`;
  if (isOutboxEntry(message)) return ownKey;
  return message.sender_id === me && message.client_message_id !== null ? ownKey : message.id;
}

export const emptyView: ChatView = deriveView(emptyState, null);

/** Derives the view of a state. Parts whose inputs did not change keep their identity from `before`. */
export function deriveView(chat: ChatState, openId: string | null, before?: ChatView): ChatView {
  const isSameConversation = before?.currentConversationId === openId;
  const messages = openId === null ? [] : selectMessages(chat, openId);
  const outgoing = openId === null ? [] : selectOutbox(chat, openId);
  const isUnchanged =
    before !== undefined &&
    isSameConversation &&
    openId !== null &&
    messages === selectMessages(before.chat, openId) &&
    chat.outbox === before.chat.outbox;
  const shown = isUnchanged ? before : indexMessages([...messages, ...outgoing], chat.me?.id);
  return {
    chat,
    me: chat.me,
    connection: chat.connection,
    isOnline: chat.connection.state === 'live' || chat.connection.state === 'catching up',
    conversations:
      before?.chat.conversationsById === chat.conversationsById
        ? before.conversations
        : selectConversations(chat),
    currentConversationId: openId,
    messagesById: shown.messagesById,
    messageIdsInConversation: shown.messageIdsInConversation,
    optimisticMessageIds: shown.optimisticMessageIds,
    hasOlderMessages: openId !== null && selectHasOlder(chat, openId),
    userPresenceById: chat.userPresenceById,
    typingUsersInConversation: openId === null ? [] : selectTyping(chat, openId),
  };
}

type IndexedMessages = Pick<
  ChatView,
  'messagesById' | 'messageIdsInConversation' | 'optimisticMessageIds'
>;

function indexMessages(messages: readonly ShownMessage[], me: string | undefined): IndexedMessages {
  const messagesById: Record<string, ShownMessage> = {};
  const optimisticMessageIds = new Set<string>();
  for (const message of messages) {
    const key = messageKey(message, me);
    // Another tab may have sent it before this tab updated its outbox: the stored message wins.
    if (Object.hasOwn(messagesById, key)) continue;
    messagesById[key] = message;
    if (isOutboxEntry(message)) optimisticMessageIds.add(key);
  }
  return {
    messagesById,
    messageIdsInConversation: Object.keys(messagesById),
    optimisticMessageIds,
  };
}
