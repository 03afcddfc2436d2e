import type { ChatClient } from '@chasqui/sdk';
import { useCallback, useEffect, useEffectEvent, useState } from 'react';
import { useChatStore } from '../../../../store/chatStore';
import { notify } from '../../../../store/notices';
import { useClient } from '../../../../store/ClientContext';

interface Deps {
  conversationId: string;
  indexOf: (messageId: string) => number;
  scrollToIndex: (index: number, options: { align: 'center' }) => void;
}

const PAGE_SIZE = 100;
const PAGES_MAX = 20;
const HIGHLIGHT_MS = 1_600;

/** Scrolls to a message and highlights it briefly. Loads history until the message is found. */
export function useScrollToMessage({ conversationId, indexOf, scrollToIndex }: Deps) {
  const client = useClient();
  const [targetId, setTargetId] = useState<string>();
  const [highlightedKey, setHighlightedKey] = useState<string>();
  const count = useChatStore((view) => view.messageIdsInConversation.length);

  const scrollIfLoaded = useEffectEvent((messageId: string) => {
    const index = indexOf(messageId);
    if (index === -1) return;
    scrollToIndex(index, { align: 'center' });
    setHighlightedKey(
      useChatStore.getState().messageIdsInConversation.find((key) => hasMessageId(key, messageId)),
    );
    setTargetId(undefined);
  });
  useEffect(() => {
    if (targetId !== undefined) scrollIfLoaded(targetId);
  }, [targetId, count]);
  useEffect(() => {
    if (highlightedKey === undefined) return undefined;
    const timer = setTimeout(() => setHighlightedKey(undefined), HIGHLIGHT_MS);
    return () => clearTimeout(timer);
  }, [highlightedKey]);

  const jumpToMessage = useCallback(
    (messageId: string) => {
      setTargetId(messageId);
      void loadUntil(client, conversationId, messageId).then((isFound) => {
        if (isFound) return;
        setTargetId(undefined);
        notify('Could not load the earlier message.');
      });
    },
    [client, conversationId],
  );

  return { jumpToMessage, highlightedKey };
}

/** Loads history until this message is loaded. Resolves to whether it was found. */
async function loadUntil(client: ChatClient, id: string, messageId: string): Promise<boolean> {
  const isLoaded = (): boolean =>
    (client.getState().entriesByConversation[id] ?? []).some((entry) => entry.id === messageId);
  try {
    for (let page = 0; page < PAGES_MAX && !isLoaded(); page += 1) {
      if (!(await client.loadOlder(id, PAGE_SIZE))) break;
    }
  } catch {
    // Offline: only loaded messages can be shown.
  }
  return isLoaded();
}

function hasMessageId(key: string, messageId: string): boolean {
  const message = useChatStore.getState().messagesById[key];
  return message !== undefined && 'id' in message && message.id === messageId;
}
