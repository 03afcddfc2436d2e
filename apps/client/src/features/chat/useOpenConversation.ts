import { useEffect, useState } from 'react';
import { newestRun } from '@pern/sdk/state/timeline';
import type { ChatClient } from '@pern/sdk/chatClient';
import { useChatStore } from '../../store/chatStore';
import { useClient } from '../../store/ClientContext';

/** Pages that are read to reach the first unread message before anything is shown; beyond that one begins at its end. */
const PAGES_MAX = 4;
const PAGE = 100;

/**
 * Opens a conversation: reads who is in it and what was said last, again after each reconnect. Whether there is enough
 * to show: without a connection, that is what is known.
 */
export function useOpening(conversationId: string): boolean {
  const client = useClient();
  const isLive = useChatStore((view) => view.connection.state === 'live');
  const [isReady, setReady] = useState(() => isFullyKnown(client, conversationId));
  useEffect(() => {
    let isWanted = true;
    void open(client, conversationId)
      .catch(() => undefined)
      .then(() => isWanted && setReady(true));
    return () => void (isWanted = false);
  }, [client, conversationId, isLive]);
  return isReady;
}

async function open(client: ChatClient, id: string): Promise<void> {
  await client.openConversation(id);
  for (let page = 0; page < PAGES_MAX && !isFullyKnown(client, id); page += 1) {
    if (!(await client.loadOlder(id, PAGE))) return;
  }
}

/** Whether something is known, and all that is unread. */
function isFullyKnown(client: ChatClient, id: string): boolean {
  const { conversationsById, entriesByConversation } = client.getState();
  const first = newestRun(entriesByConversation[id] ?? [])[0];
  const my = conversationsById[id]?.my;
  if (first === undefined || my === undefined) return false;
  return my.unread_count === 0 || first.seq <= my.read_seq + 1;
}
