import type { Presence, User } from '@pern/protocol/user';
import type { Connection } from '@pern/sdk/connection/connectionState';
import type { ChatMessage } from '@pern/sdk/entry';
import type { OutboxEntry } from '@pern/sdk/outbox/outboxEntry';
import {
  type ChatState,
  type KnownConversation,
  type TypingUser,
  emptyState,
} from '@pern/sdk/state/chatState';
import {
  selectConversations,
  selectHasOlder,
  selectMessages,
  selectOutbox,
  selectTyping,
} from '@pern/sdk/state/selectors';

/** A message as the chat window shows it: one the server has, or one on its way. */
export type ShownMessage = ChatMessage | OutboxEntry;

/** What screens read. Nothing in it is a truth of its own: all of it follows from `chat` and what is open. */
export interface ChatView {
  /** The client library's state, as it is. */
  readonly chat: ChatState;
  readonly me: User | null;
  readonly connection: Connection;
  readonly isOnline: boolean;
  /** Most recent activity first. */
  readonly conversations: readonly KnownConversation[];
  readonly currentConversationId: string | null;
  /** Messages of the conversation that is open, by `messageKey`. */
  readonly messagesById: Readonly<Record<string, ShownMessage>>;
  /** In the order in which they are shown; what is on its way comes last. */
  readonly messageIdsInConversation: readonly string[];
  readonly optimisticMessageIds: ReadonlySet<string>;
  readonly hasOlderMessages: boolean;
  readonly userPresenceById: Readonly<Record<string, Presence>>;
  readonly typingUsersInConversation: readonly TypingUser[];
}

export const isOnItsWay = (message: ShownMessage): message is OutboxEntry => 'order' in message;

/**
 * Names a message for as long as it is shown. One of mine keeps its name when the server has taken it, so that it stays
 * the same thing on the screen.
 */
export function messageKey(message: ShownMessage, me: string | undefined): string {
  // A client message id is any text. With a prefix it is no property that every object has, and no number: numbers
  // come first among the keys of an object, whatever order they were added in.
  const ownKey = `own/${message.client_message_id}`;
  if (isOnItsWay(message)) return ownKey;
  return message.sender_id === me && message.client_message_id !== null ? ownKey : message.id;
}

export const emptyView: ChatView = viewOf(emptyState, null);

/** The view of a state. What follows from something unchanged is the object it was `before`. */
export function viewOf(chat: ChatState, openId: string | null, before?: ChatView): ChatView {
  const isSame = before?.currentConversationId === openId;
  const messages = openId === null ? [] : selectMessages(chat, openId);
  const onTheirWay = openId === null ? [] : selectOutbox(chat, openId);
  const isUnchanged =
    before !== undefined &&
    isSame &&
    openId !== null &&
    messages === selectMessages(before.chat, openId) &&
    chat.outbox === before.chat.outbox;
  const shown = isUnchanged ? before : shownOf([...messages, ...onTheirWay], chat.me?.id);
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

type Shown = Pick<ChatView, 'messagesById' | 'messageIdsInConversation' | 'optimisticMessageIds'>;

function shownOf(messages: readonly ShownMessage[], me: string | undefined): Shown {
  const messagesById: Record<string, ShownMessage> = {};
  const optimisticMessageIds = new Set<string>();
  for (const message of messages) {
    const key = messageKey(message, me);
    // Another tab may have sent it already and told us later: what the server has counts.
    if (Object.hasOwn(messagesById, key)) continue;
    messagesById[key] = message;
    if (isOnItsWay(message)) optimisticMessageIds.add(key);
  }
  return {
    messagesById,
    messageIdsInConversation: Object.keys(messagesById),
    optimisticMessageIds,
  };
}
