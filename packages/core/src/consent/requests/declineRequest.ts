import { guarded, inTransaction, withTransaction } from '@chasqui/db';
import { ConflictError } from '@chasqui/protocol';
import type { ChangeDeps } from '../../conversations/changeDeps';
import { lockConversation } from '../../conversations/lockConversation';
import { readStored, settleRequest } from './acceptRequest';
import { announceRequests } from './announceRequests';

/**
 * Declines a request: it disappears from the user's list, and the sender never learns of it. A second call changes
 * nothing. Throws NotFoundError if there is no such request to the user, ConflictError if it was accepted.
 */
export async function declineRequest(
  { db, announce }: Pick<ChangeDeps, 'db' | 'announce'>,
  userId: string,
  requestId: string,
): Promise<void> {
  const { conversationId } = await readStored(db, userId, requestId);
  const changed = await guarded(() =>
    withTransaction(db, async (transaction) => {
      const on = inTransaction(transaction);
      // Another device answers under the same lock, so the two answers are ordered.
      await lockConversation(transaction, conversationId);
      const { state } = await readStored(on, userId, requestId);
      if (state === 'accepted') throw new ConflictError('this request was accepted already');
      if (state !== 'open') return false;
      await settleRequest(on, requestId, 'declined');
      return true;
    }),
  );
  if (changed) announceRequests(announce, [userId], conversationId);
}
