import { withTransaction } from '@pern/db/connect';
import { guarded } from '@pern/db/storeErrors';
import { NotFoundError, ValidationError } from '@pern/protocol/errors';
import { QueryTypes } from 'sequelize';
import type { ConversationDeps } from '../conversations/conversationDeps';
import { unknownUsers } from '../conversations/unknownUsers';
import { lockPair, pairKey } from './pair';

type Deps = Pick<ConversationDeps, 'db'>;

/**
 * From the commit on nothing is sent in the direct conversation of these two, and neither is told of the
 * other's presence. It waits for the conversation's row: each send is committed before, or refused. A second
 * call changes nothing. Throws ValidationError for oneself and NotFoundError for an unknown user.
 */
export async function blockUser(
  { db }: Deps,
  userId: string,
  otherId: string,
): Promise<{ changed: boolean }> {
  if (userId === otherId) {
    const message = 'must be somebody else';
    throw new ValidationError(`id: ${message}`, [{ path: 'id', message }]);
  }
  const key = pairKey(userId, otherId);
  return guarded(() =>
    withTransaction(db, async (transaction) => {
      await lockPair(db, transaction, key);
      if ((await unknownUsers(db, transaction, [otherId])).size > 0) throw new NotFoundError();
      const added = await db.sequelize.query(
        `INSERT INTO blocks (blocker_id, blocked_id) VALUES (:userId, :otherId)
         ON CONFLICT DO NOTHING RETURNING blocker_id`,
        { replacements: { userId, otherId }, type: QueryTypes.SELECT, transaction },
      );
      await db.sequelize.query(
        `UPDATE conversations SET barred = 'blocked' WHERE direct_key = :key AND barred IS NULL`,
        { replacements: { key }, type: QueryTypes.UPDATE, transaction },
      );
      return { changed: added.length > 0 };
    }),
  );
}

/** Takes back one's own block; that of the other stands. Where there is none nothing changes. */
export async function unblockUser(
  { db }: Deps,
  userId: string,
  otherId: string,
): Promise<{ changed: boolean }> {
  const key = pairKey(userId, otherId);
  return guarded(() =>
    withTransaction(db, async (transaction) => {
      await lockPair(db, transaction, key);
      const removed = await db.sequelize.query(
        `DELETE FROM blocks WHERE blocker_id = :userId AND blocked_id = :otherId RETURNING blocker_id`,
        { replacements: { userId, otherId }, type: QueryTypes.SELECT, transaction },
      );
      await db.sequelize.query(
        `UPDATE conversations SET barred = NULL WHERE direct_key = :key AND barred = 'blocked'
           AND NOT EXISTS (SELECT FROM blocks WHERE blocker_id = :otherId AND blocked_id = :userId)`,
        { replacements: { key, userId, otherId }, type: QueryTypes.UPDATE, transaction },
      );
      return { changed: removed.length > 0 };
    }),
  );
}
