import type { ChatMessage } from '@chasqui/sdk';
import { useChatStore } from '../../../store/chatStore';
import { attempt } from '../../../store/notices';
import { useClient } from '../../../store/ClientContext';

/** Adds a reaction, or removes it if the user already reacted with this emoji. */
export function useToggleReaction(message: ChatMessage): (emoji: string) => Promise<boolean> {
  const client = useClient();
  return (emoji) => {
    const me = useChatStore.getState().me?.id ?? '';
    const isMine = message.reactions.some(
      (one) => one.emoji === emoji && one.user_ids.includes(me),
    );
    return attempt(isMine ? client.unreact(message.id, emoji) : client.react(message.id, emoji));
  };
}
