import type { Storage } from './storage';

/** Everything of one user's: `user/ID/outbox/…` is what was not sent, the rest is what the server has as well. */
const ALL = 'user/';
const isUnsent = (key: string): boolean => key.split('/')[2] === 'outbox';

/**
 * Takes away what nobody is signed in for: conversations, messages and read positions of every user. What was not sent
 * stays, because it exists nowhere else.
 */
export async function clearKnown(storage: Storage): Promise<void> {
  const kept = await storage.list(ALL);
  const gone = kept.filter(({ key }) => !isUnsent(key));
  if (gone.length > 0) await storage.write(gone.map(({ key }) => ({ key })));
}

/** Keys of messages that were not sent, of all users but this one. */
export async function unsentOfOthers(storage: Storage, userId?: string): Promise<string[]> {
  const kept = await storage.list(ALL);
  return kept
    .map(({ key }) => key)
    .filter((key) => isUnsent(key) && !key.startsWith(`${ALL}${userId}/`));
}
