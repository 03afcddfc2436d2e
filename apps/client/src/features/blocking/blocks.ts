import type { ChatClient } from '@chasqui/sdk';
import { useEffect } from 'react';
import { attempt } from '../../store/notices';
import { useChatStore } from '../../store/chatStore';
import { useClient } from '../../store/ClientContext';

/** Loads the blocked users once per connection. Events keep the list current after that. */
export function useLoadBlocks(): void {
  const client = useClient();
  const isLive = useChatStore((view) => view.connection.state === 'live');
  useEffect(() => {
    if (isLive) client.readBlocks().catch(() => undefined);
  }, [client, isLive]);
}

/** Whether the signed-in user has blocked this user. */
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
