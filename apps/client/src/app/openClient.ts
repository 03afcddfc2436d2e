import {
  type ChatClient,
  createMemoryStorage,
  createTabs,
  openChatClient,
  openIndexedDbStorage,
} from '@chasqui/sdk';
import { STORAGE_NAME, serverUrl } from '../store/serverUrl';

/**
 * Opens the SDK client for the server that served this page and starts connecting. Falls back to memory when the
 * browser's storage is denied, broken or does not respond within a few seconds.
 */
export async function openClient(): Promise<{ client: ChatClient; survivesReload: boolean }> {
  const persistent = await openPersistent().catch(() => undefined);
  // Without storage, tabs have no state to share, so this one works alone.
  const client =
    persistent ?? (await openChatClient({ url: serverUrl(), storage: createMemoryStorage() }));
  client.connect();
  return { client, survivesReload: persistent !== undefined };
}

async function openPersistent(): Promise<ChatClient> {
  const storage = await openIndexedDbStorage({ name: STORAGE_NAME });
  return openChatClient({ url: serverUrl(), storage, tabs: createTabs(STORAGE_NAME) });
}
