import type { ChatClient } from '@pern/sdk/chatClient';
import { openChatClient } from '@pern/sdk/openChatClient';
import { openIndexedDbStorage } from '@pern/sdk/storage/indexedDbStorage';
import { createMemoryStorage } from '@pern/sdk/storage/memoryStorage';
import type { Storage } from '@pern/sdk/storage/storage';
import { createTabs } from '@pern/sdk/tabs/browserTabs';

const NAME = 'chasqui';

/** The client of this page: for the server the page came from, with what this browser knows. It connects at once. */
export async function openClient(): Promise<{ client: ChatClient; survivesReload: boolean }> {
  const kept = await openStorage();
  const client = await openChatClient({
    url: location.origin,
    storage: kept ?? createMemoryStorage(),
    tabs: createTabs(NAME),
  });
  client.connect();
  return { client, survivesReload: kept !== undefined };
}

/** Some browsers refuse IndexedDB in private windows. */
async function openStorage(): Promise<Storage | undefined> {
  try {
    return await openIndexedDbStorage({ name: NAME });
  } catch {
    return undefined;
  }
}
