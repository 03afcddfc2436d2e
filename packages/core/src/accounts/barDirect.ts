import { inTransaction, withTransaction } from '@chasqui/db';
import type { ChangeDeps } from '../conversations/changeDeps';
import { conversationUpdated } from '../events/conversationEvents';
import { readGroupUpdate } from '../conversations/group/groupUpdate';
import { lockMembers } from '../members/rows/lockMembers';
import { lockConversation, openResting } from '../conversations/lockConversation';
import { barDeleted, forgetWatermarks, noteBarred, resetMembership } from './statements';

/**
 * Bars a direct conversation permanently because one of its accounts was deleted. It accepts no more messages (R10)
 * and causes no more wake-ups. The other user keeps its messages and their own position, and receives the anonymized
 * name by an event or the next sync (D7). A second call only raises the version.
 */
export async function barDirect(
  { db, announce }: ChangeDeps,
  userId: string,
  conversationId: string,
): Promise<void> {
  const update = await withTransaction(db, async (transaction) => {
    const held = await lockConversation(transaction, conversationId);
    if (held === undefined) return undefined;
    await lockMembers(transaction, conversationId, [userId]);
    await openResting(transaction, held);
    const on = inTransaction(transaction);
    await barDeleted.run(on, conversationId);
    await resetMembership.run(on, conversationId, userId);
    await forgetWatermarks.run(on, conversationId, userId);
    // Records the progress of the deletion. Last, so that concurrent calls hold this row only briefly.
    await noteBarred.run(on, userId, conversationId);
    const conversation = { ...held, version: held.version + 1 };
    return readGroupUpdate(db, transaction, conversation);
  });
  if (update === undefined) return;
  const { group, conversation } = update;
  announce.toMembers(group.membersVersion, conversationUpdated(conversation, null));
}
