import { useEffect, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { isolateBidi } from '../../../shared/formatting/bidi';
import { displayName } from '../../../store/displayNames';
import { useClient } from '../../../store/ClientContext';

/**
 * Announces new messages of the open conversation to screen readers. The list itself is not a live region, because
 * scrolling adds old rows to it.
 */
export function NewMessageAnnouncer({ conversationId }: { conversationId: string }) {
  const client = useClient();
  const [announcement, setAnnouncement] = useState('');
  useEffect(
    () =>
      client.onMessage((message) => {
        if (message.conversation_id !== conversationId) return;
        const author = displayName(useChatStore.getState(), conversationId, message.sender_id);
        const { chat } = useChatStore.getState();
        const isBlocked = chat.blockedById[message.sender_id] === true;
        setAnnouncement(
          `${isolateBidi(author)}: ${isBlocked ? 'Blocked message' : (message.content ?? '')}`,
        );
      }),
    [client, conversationId],
  );
  return (
    <p className="visually-hidden" aria-live="polite">
      {announcement}
    </p>
  );
}
