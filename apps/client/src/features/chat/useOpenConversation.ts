import { useEffect, useState } from 'react';
import { type ChatClient, newestRun } from '@chasqui/sdk';
import { useChatStore } from '../../store/chatStore';
import { useClient } from '../../store/ClientContext';

/** History pages loaded to reach the first unread message. If that is not enough, the list opens at its end. */
const PAGES_MAX = 4;
const PAGE_SIZE = 100;

/**
 * Loads participants and recent messages, again after each reconnect. Returns whether the conversation is ready to show;
 * offline it is shown with the messages stored on this device.
 */
export function useOpenConversation(conversationId: string): boolean {
  const client = useClient();
  const isLive = useChatStore((view) => view.connection.state === 'live');
  const [isReady, setReady] = useState(() => hasAllUnread(client, conversationId));
  useEffect(() => {
    let isCurrent = true;
    void open(client, conversationId)
      .catch(() => undefined)
      .then(() => isCurrent && setReady(true));
    return () => void (isCurrent = false);
  }, [client, conversationId, isLive]);
  return isReady;
}

async function open(client: ChatClient, id: string): Promise<void> {
  await client.openConversation(id);
  for (let page = 0; page < PAGES_MAX && !hasAllUnread(client, id); page += 1) {
    if (!(await client.loadOlder(id, PAGE_SIZE))) return;
  }
}

/** Whether the loaded messages include all unread ones. */
function hasAllUnread(client: ChatClient, id: string): boolean {
  const { conversationsById, entriesByConversation } = client.getState();
  const first = newestRun(entriesByConversation[id] ?? [])[0];
  const my = conversationsById[id]?.my;
  if (first === undefined || my === undefined) return false;
  return my.unread_count === 0 || first.seq <= my.read_seq + 1;
}
