import type { ChatClient } from '@pern/sdk/chatClient';
import { openChatClient } from '@pern/sdk/openChatClient';
import { openIndexedDbStorage } from '@pern/sdk/storage/indexedDbStorage';
import { createMemoryStorage } from '@pern/sdk/storage/memoryStorage';
import { createTabs } from '@pern/sdk/tabs/browserTabs';
import { STORAGE_NAME, serverAddress } from '../store/serverUrl';

/**
 * The client of this page: for the server the page came from, with what this browser knows. It connects at once. Where
 * the browser's storage is refused, broken or does not answer within a few seconds, the client works in memory.
 */
export async function openClient(): Promise<{ client: ChatClient; survivesReload: boolean }> {
  const kept = await openKept().catch(() => undefined);
  // In memory this tab shares nothing: it leads itself.
  const client =
    kept ?? (await openChatClient({ url: serverAddress(), storage: createMemoryStorage() }));
  client.connect();
  return { client, survivesReload: kept !== undefined };
}

async function openKept(): Promise<ChatClient> {
  const storage = await openIndexedDbStorage({ name: STORAGE_NAME });
  return openChatClient({ url: serverAddress(), storage, tabs: createTabs(STORAGE_NAME) });
}
