import type { ChatClient } from '@pern/sdk/chatClient';
import { useCallback, useEffect, useEffectEvent, useState } from 'react';
import { useChatStore } from '../../../../store/chatStore';
import { notify } from '../../../../store/notices';
import { useClient } from '../../../../store/ClientContext';

interface Deps {
  conversationId: string;
  indexOf: (messageId: string) => number;
  scrollToIndex: (index: number, options: { align: 'center' }) => void;
}

const PAGE = 100;
const PAGES_MAX = 20;
const SHOWN_MS = 1_600;

/** Brings a message into view and marks it for a moment; reads history as far as that takes. */
export function useRevealing({ conversationId, indexOf, scrollToIndex }: Deps) {
  const client = useClient();
  const [wanted, setWanted] = useState<string>();
  const [revealed, setRevealed] = useState<string>();
  const count = useChatStore((view) => view.messageIdsInConversation.length);

  const arrive = useEffectEvent((messageId: string) => {
    const index = indexOf(messageId);
    if (index === -1) return;
    scrollToIndex(index, { align: 'center' });
    setRevealed(
      useChatStore.getState().messageIdsInConversation.find((key) => isOf(key, messageId)),
    );
    setWanted(undefined);
  });
  useEffect(() => {
    if (wanted !== undefined) arrive(wanted);
  }, [wanted, count]);
  useEffect(() => {
    if (revealed === undefined) return undefined;
    const timer = setTimeout(() => setRevealed(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [revealed]);

  const reveal = useCallback(
    (messageId: string) => {
      setWanted(messageId);
      void readUntil(client, conversationId, messageId).then((isThere) => {
        if (isThere) return;
        setWanted(undefined);
        notify('The earlier message cannot be shown now.');
      });
    },
    [client, conversationId],
  );

  return { reveal, revealed };
}

/** Reads history until this message is known; whether it is. */
async function readUntil(client: ChatClient, id: string, messageId: string): Promise<boolean> {
  const isKnown = (): boolean =>
    (client.getState().entriesByConversation[id] ?? []).some((entry) => entry.id === messageId);
  try {
    for (let page = 0; page < PAGES_MAX && !isKnown(); page += 1) {
      if (!(await client.loadOlder(id, PAGE))) break;
    }
  } catch {
    // Without a connection it is what it is.
  }
  return isKnown();
}

function isOf(key: string, messageId: string): boolean {
  const message = useChatStore.getState().messagesById[key];
  return message !== undefined && 'id' in message && message.id === messageId;
}
