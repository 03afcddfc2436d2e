import type { ChatClient } from '@pern/sdk/chatClient';
import { useEffect } from 'react';
import { create } from 'zustand';
import { attempt } from './notices';
import { useChatStore } from './chatStore';
import { useClient } from './useClient';

interface Blocked {
  /** Whose blocks these are. */
  readonly of: string | undefined;
  /** Nothing can have changed unheard since they were read. */
  readonly isCurrent: boolean;
  readonly ids: ReadonlySet<string>;
}

const useBlocked = create<Blocked>()(() => ({ of: undefined, isCurrent: false, ids: new Set() }));

/** Whether I have blocked this user. Read once for each connection. */
export function useIsBlocked(userId: string | undefined): boolean {
  const client = useClient();
  const me = useChatStore((view) => view.me?.id);
  const isOnline = useChatStore((view) => view.isOnline);
  useEffect(() => {
    if (useBlocked.getState().of !== me) {
      useBlocked.setState({ of: me, isCurrent: false, ids: new Set() });
    }
    if (!isOnline) useBlocked.setState({ isCurrent: false });
    else if (!useBlocked.getState().isCurrent) {
      useBlocked.setState({ isCurrent: true });
      read(client).catch(() => useBlocked.setState({ isCurrent: false }));
    }
  }, [client, isOnline, me]);
  return useBlocked(({ ids }) => userId !== undefined && ids.has(userId));
}

export async function setBlocked(
  client: ChatClient,
  userId: string,
  isBlocked: boolean,
): Promise<void> {
  const told = isBlocked ? client.blockUser(userId) : client.unblockUser(userId);
  if (await attempt(told)) await attempt(read(client));
}

async function read(client: ChatClient): Promise<void> {
  const ids = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await client.listBlocks(cursor);
    for (const { user_id: id } of page.blocks) ids.add(id);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  useBlocked.setState({ ids });
}
