import type { KnownConversation } from '@pern/sdk/state/chatState';
import type { ChatView } from './chatView';

/** The other one in a conversation of two; undefined in groups. */
export function otherOf(conversation: KnownConversation, me: string | undefined) {
  if (conversation.type !== 'direct') return undefined;
  return conversation.participants.find(({ user_id: id }) => id !== me);
}

/** What a conversation is called: its title, or whom it is with. */
export function titleOf(conversation: KnownConversation, me: string | undefined): string {
  return conversation.title ?? otherOf(conversation, me)?.display_name ?? 'Conversation';
}

/** How somebody is called. Who has left a group may be known no more. */
export function nameOf(
  { chat, me }: Pick<ChatView, 'chat' | 'me'>,
  conversationId: string,
  userId: string,
): string {
  if (userId === me?.id) return 'You';
  const participant = chat.conversationsById[conversationId]?.participants.find(
    ({ user_id: id }) => id === userId,
  );
  return participant?.display_name ?? chat.usersById[userId]?.display_name ?? 'Somebody';
}

/**
 * A name within a sentence, between U+2068 and U+2069: its direction does not change that of the words around it. For
 * attributes such as `title`, and for `Sentence`. Names hold neither character (nameForm).
 */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}
