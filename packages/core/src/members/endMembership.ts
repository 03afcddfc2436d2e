import { type Database, inTransaction } from '@chasqui/db';
import type { GroupChange } from '../conversations/group/changeGroup';
import { clearDelivery, deleteMembership, lockUserRow } from './rows/statements';

/**
 * Locks the user's row, under which all positions of a user's change log are written, in commit order (R5). It comes
 * after the conversation's row and before those of participants (R8).
 */
export async function lockUser({ transaction }: GroupChange, userId: string): Promise<void> {
  await lockUserRow.run(inTransaction(transaction), userId);
}

/**
 * Deletes the membership and its watermarks, and writes its end to the change log for the user's offline devices (D7).
 * Records the range of the membership, which says which messages are the user's own, and whether they left by
 * themselves: then they have to be asked before they are added again.
 */
export async function endMembership(
  { transaction, group }: GroupChange,
  userId: string,
  leftThemselves: boolean,
): Promise<void> {
  const { id, lastSeq } = group;
  await deleteMembership.run(inTransaction(transaction), id, userId, lastSeq, leftThemselves);
}

/**
 * Deletes the user's delivery if nothing else is pending (R6). A failure is ignored, because the next wake-up finds
 * nothing pending and deletes it.
 */
export async function clearDeliveryOf(db: Database, userId: string): Promise<void> {
  await clearDelivery.run(db, [userId]).catch(() => undefined);
}
