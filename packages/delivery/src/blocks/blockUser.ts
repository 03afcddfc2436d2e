import { withTransaction, type Database } from '@pern/db/connect';
import { guarded } from '@pern/db/storeErrors';
import { NotFoundError, ValidationError } from '@pern/protocol/errors';
import { QueryTypes, type Transaction } from 'sequelize';
import type { Announce } from '../announce';
import type { ConversationDeps } from '../conversations/conversationDeps';
import {
  announceGroupUpdate,
  readGroupUpdate,
  type GroupUpdate,
} from '../conversations/groupUpdate';
import { unknownUsers } from '../conversations/unknownUsers';
import { lockConversation, openResting } from '../lockConversation';
import { blockedAmong } from './blockedAmong';
import { lockPair, pairKey } from './pair';

type Deps = Pick<ConversationDeps, 'db' | 'announce'>;

interface Blocked {
  changed: boolean;
  /** Their direct conversation, where it is another since. */
  update?: GroupUpdate | undefined;
}

/**
 * From the commit on nothing is sent in the direct conversation of these two, and neither is told of the
 * other's presence. It waits for the conversation's row: each send is committed before, or refused. A second
 * call changes nothing. Both are told that the conversation is barred, and not by whom. Throws ValidationError for oneself and NotFoundError for an unknown user.
 */
export async function blockUser(
  { db, announce }: Deps,
  userId: string,
  otherId: string,
): Promise<{ changed: boolean }> {
  if (userId === otherId) {
    const message = 'must be somebody else';
    throw new ValidationError(`id: ${message}`, [{ path: 'id', message }]);
  }
  const key = pairKey(userId, otherId);
  const { changed, update } = await guarded(() =>
    withTransaction<Blocked>(db, async (transaction) => {
      await lockPair(db, transaction, key);
      if ((await unknownUsers(db, transaction, [otherId])).size > 0) throw new NotFoundError();
      const added = await db.sequelize.query(
        `INSERT INTO blocks (blocker_id, blocked_id) VALUES ($userId, $otherId)
         ON CONFLICT DO NOTHING RETURNING blocker_id`,
        { bind: { userId, otherId }, type: QueryTypes.SELECT, transaction },
      );
      if (added.length === 0) return { changed: false };
      return { changed: true, update: await barBetween(db, transaction, key, 'blocked') };
    }),
  );
  tell(announce, update);
  return { changed };
}

/** Takes back one's own block; that of the other stands. Where there is none nothing changes. */
export async function unblockUser(
  { db, announce }: Deps,
  userId: string,
  otherId: string,
): Promise<{ changed: boolean }> {
  const key = pairKey(userId, otherId);
  const { changed, update } = await guarded(() =>
    withTransaction<Blocked>(db, async (transaction) => {
      await lockPair(db, transaction, key);
      const removed = await db.sequelize.query(
        `DELETE FROM blocks WHERE blocker_id = $userId AND blocked_id = $otherId RETURNING blocker_id`,
        { bind: { userId, otherId }, type: QueryTypes.SELECT, transaction },
      );
      if (removed.length === 0) return { changed: false };
      if ((await blockedAmong(db, transaction, userId, [otherId])).size > 0) {
        return { changed: true };
      }
      return { changed: true, update: await barBetween(db, transaction, key, null) };
    }),
  );
  tell(announce, update);
  return { changed };
}

/** Bars their direct conversation or opens it; undefined when there is none, or it stays as it is. */
async function barBetween(
  db: Database,
  transaction: Transaction,
  key: string,
  bar: 'blocked' | null,
): Promise<GroupUpdate | undefined> {
  const [found] = await db.sequelize.query<{ id: string }>(
    'SELECT id FROM conversations WHERE direct_key = $key',
    { bind: { key }, type: QueryTypes.SELECT, transaction },
  );
  const locked = found && (await lockConversation(db, transaction, found.id));
  if (locked === undefined) return undefined;
  // What a deletion has barred stays so.
  const [barred] = await db.sequelize.query(
    `UPDATE conversations SET barred = $2, version = version + 1
     WHERE id = $1 AND barred IS DISTINCT FROM $2 AND barred IS DISTINCT FROM 'deleted' RETURNING id`,
    { bind: [locked.id, bar], type: QueryTypes.SELECT, transaction },
  );
  if (barred === undefined) return undefined;
  // Devices that are not there find it by sync (D7).
  await openResting(db, transaction, locked);
  return readGroupUpdate(db, transaction, locked);
}

function tell(announce: Announce, update: GroupUpdate | undefined): void {
  if (update !== undefined) announceGroupUpdate(announce, update, []);
}
