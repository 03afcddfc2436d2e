import { guarded } from '@chasqui/db';
import { isBlockedBetween } from '../blocks/blockedAmong';
import type { ChangeDeps } from '../conversations/changeDeps';

const SHARES = `SELECT o.id FROM unnest($2::uuid[]) AS o (id)
  WHERE o.id = $1::uuid OR (EXISTS (
    SELECT FROM participants mine
    JOIN participants theirs ON theirs.conversation_id = mine.conversation_id AND theirs.user_id = o.id
    WHERE mine.user_id = $1::uuid) AND NOT ${isBlockedBetween('$1::uuid', 'o.id')})`;

/**
 * Of these users, those who are in any conversation with this one, whose presence they may see (D9); oneself
 * always, and nobody between whom and this one a block stands.
 */
export async function sharesConversation(
  { db }: Pick<ChangeDeps, 'db'>,
  userId: string,
  otherIds: string[],
): Promise<Set<string>> {
  if (otherIds.length === 0) return new Set();
  const rows = await guarded(() => db.query('shares_conversation', SHARES, [userId, otherIds]));
  return new Set((rows as [string][]).map(([id]) => id));
}
