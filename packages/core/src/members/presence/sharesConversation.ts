import { guarded } from '@chasqui/db';
import type { ChangeDeps } from '../../conversations/changeDeps';
import { sharingConversation } from './statements';

/**
 * Those of `otherIds` whose presence the user may see (D9): users who share any conversation with them and are not
 * separated by a block, and always the user.
 */
export async function sharesConversation(
  { db }: Pick<ChangeDeps, 'db'>,
  userId: string,
  otherIds: string[],
): Promise<Set<string>> {
  if (otherIds.length === 0) return new Set();
  return new Set(await guarded(() => sharingConversation.rows(db, userId, otherIds)));
}
