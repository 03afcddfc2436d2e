import { useEffect, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { isolated, nameOf } from '../../../store/displayNames';
import { useClient } from '../../../store/ClientContext';

/**
 * Reads out what arrives in the conversation that is open. The list itself is silent: as one scrolls, rows come into it
 * that are anything but news.
 */
export function Announcer({ conversationId }: { conversationId: string }) {
  const client = useClient();
  const [news, setNews] = useState('');
  useEffect(
    () =>
      client.onMessage((message) => {
        if (message.conversation_id !== conversationId) return;
        const author = nameOf(useChatStore.getState(), conversationId, message.sender_id);
        const { chat } = useChatStore.getState();
        const isBlocked = chat.blockedById[message.sender_id] === true;
        setNews(
          `${isolated(author)}: ${isBlocked ? 'message of somebody you blocked' : (message.content ?? '')}`,
        );
      }),
    [client, conversationId],
  );
  return (
    <p className="hidden-but-read" aria-live="polite">
      {news}
    </p>
  );
}
