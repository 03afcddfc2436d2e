import { guarded, withTransaction } from '@chasqui/db';
import { ConflictError } from '@chasqui/protocol';
import { QueryTypes } from 'sequelize';
import type { ChangeDeps } from '../../conversations/changeDeps';
import { lockConversation } from '../../conversations/lockConversation';
import { readStored } from './acceptRequest';
import { tellRequests } from './tellRequests';

/**
 * Declines a request: it disappears from the user's list, and the sender never learns of it. A second call changes
 * nothing. Throws NotFoundError if there is no such request to the user, ConflictError if it was accepted.
 */
export async function declineRequest(
  { db, announce }: Pick<ChangeDeps, 'db' | 'announce'>,
  userId: string,
  requestId: string,
): Promise<void> {
  const { conversationId } = await readStored({ db }, userId, requestId);
  const changed = await guarded(() =>
    withTransaction(db, async (transaction) => {
      // Another device answers under the same lock, so the two answers are ordered.
      await lockConversation(db, transaction, conversationId);
      const { state } = await readStored({ db }, userId, requestId, transaction);
      if (state === 'accepted') throw new ConflictError('this request was accepted already');
      if (state !== 'open') return false;
      await db.sequelize.query(
        `UPDATE requests SET state = 'declined', settled_at = now() WHERE id = $1`,
        { bind: [requestId], type: QueryTypes.UPDATE, transaction },
      );
      return true;
    }),
  );
  if (changed) tellRequests(announce, [userId], conversationId);
}
