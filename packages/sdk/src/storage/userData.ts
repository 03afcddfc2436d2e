import type { Storage } from './storage';

/** Data of one user: `user/ID/outbox/…` holds unsent messages; everything else also exists on the server. */
const ALL = 'user/';
const isUnsent = (key: string): boolean => key.split('/')[2] === 'outbox';

/**
 * Deletes conversations, messages and read positions of all users. Keeps unsent messages, because no other copy of them
 * exists.
 */
export async function deleteServerData(storage: Storage): Promise<void> {
  const kept = await storage.list(ALL);
  const gone = kept.filter(({ key }) => !isUnsent(key));
  if (gone.length > 0) await storage.write(gone.map(({ key }) => ({ key })));
}

/** Returns the keys of all unsent messages of users other than this one. */
export async function listUnsentOfOthers(storage: Storage, userId?: string): Promise<string[]> {
  const kept = await storage.list(ALL);
  return kept
    .map(({ key }) => key)
    .filter((key) => isUnsent(key) && !key.startsWith(`${ALL}${userId}/`));
}
