import type { KnownConversation } from '@chasqui/sdk';
import type { ChatView } from './chatView';

/** The other participant of a direct conversation; undefined in groups. */
export function otherParticipant(conversation: KnownConversation, me: string | undefined) {
  if (conversation.type !== 'direct') return undefined;
  return conversation.participants.find(({ user_id: id }) => id !== me);
}

/** The title of a group, or the name of the other participant. */
export function conversationTitle(conversation: KnownConversation, me: string | undefined): string {
  return conversation.title ?? otherParticipant(conversation, me)?.display_name ?? 'Conversation';
}

/** The display name of a user. Former members of a group may be unknown. */
export function displayName(
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
