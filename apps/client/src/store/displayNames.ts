import type { KnownConversation } from '@chasqui/sdk';
import type { ChatView } from './chatView';

/** The other participant of a direct conversation; undefined in groups. */
export function otherOf(conversation: KnownConversation, me: string | undefined) {
  if (conversation.type !== 'direct') return undefined;
  return conversation.participants.find(({ user_id: id }) => id !== me);
}

/** The title of a group, or the name of the other participant. */
export function titleOf(conversation: KnownConversation, me: string | undefined): string {
  return conversation.title ?? otherOf(conversation, me)?.display_name ?? 'Conversation';
}

/** The display name of a user. Former members of a group may be unknown. */
export function nameOf(
  { chat, me }: Pick<ChatView, 'chat' | 'me'>,
  conversationId: string,
  userId: string,
): string {
  if (userId === me?.id) return 'You';
  const participant = chat.conversationsById[conversationId]?.participants.find(
    ({ user_id: id }) => id === userId,
  );
  return participant?.display_name ?? chat.usersById[userId]?.display_name ?? 'Someone';
}

/**
 * Wraps a name in bidi isolates (U+2068, U+2069), so that its direction does not affect the surrounding text. For
 * attributes such as `title`, and for `BidiText`. Names cannot contain these characters (`nameForm`).
 */
export function isolateBidi(name: string): string {
  return `\u2068${name}\u2069`;
}
