import type { ChatClient } from '@pern/sdk/chatClient';
import { useEffect } from 'react';
import { attempt } from '../../store/notices';
import { useChatStore } from '../../store/chatStore';
import { useClient } from '../../store/ClientContext';

/** Keeps in mind whom I have blocked: read once for each connection, and told by events from then on. */
export function useBlocks(): void {
  const client = useClient();
  const isLive = useChatStore((view) => view.connection.state === 'live');
  useEffect(() => {
    if (isLive) client.readBlocks().catch(() => undefined);
  }, [client, isLive]);
}

/** Whether I have blocked this user. */
export function useIsBlocked(userId: string | undefined): boolean {
  return useChatStore((view) => userId !== undefined && view.chat.blockedById[userId] === true);
}

export async function setBlocked(
  client: ChatClient,
  userId: string,
  isBlocked: boolean,
): Promise<void> {
  await attempt(isBlocked ? client.blockUser(userId) : client.unblockUser(userId));
}
