import { type Database, guarded, withTransaction } from '@chasqui/db';
import { NotFoundError, ValidationError } from '@chasqui/protocol';
import { QueryTypes, type Transaction } from 'sequelize';
import type { Announce } from '../fanout/announce';
import type { ChangeDeps } from '../conversations/changeDeps';
import {
  announceGroupUpdate,
  readGroupUpdate,
  type GroupUpdate,
} from '../conversations/group/groupUpdate';
import { unknownUsers } from '../members/rows/unknownUsers';
import { tellRequests } from '../consent/requests/tellRequests';
import { lockConversation, openResting } from '../conversations/lockConversation';
import { lockPair, pairKey } from './pair';

type Deps = Pick<ChangeDeps, 'db' | 'announce'>;

interface Blocked {
  changed: boolean;
  /** Their direct conversation, if it changed. */
  update?: GroupUpdate | undefined;
  /** A conversation for which a request of the other user was declined. */
  declined?: string | undefined;
}

/**
 * Bars the direct conversation of two users and hides their presence from each other, from the commit on. It waits for
 * the conversation's row, so a concurrent send is either committed before or refused. Both users learn that the
 * conversation is barred, but not by whom. A second call changes nothing. Throws ValidationError for oneself,
 * NotFoundError for an unknown user.
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
  const { changed, update, declined } = await guarded(() =>
    withTransaction<Blocked>(db, async (transaction) => {
      await lockPair(db, transaction, key);
      if ((await unknownUsers(transaction, [otherId])).size > 0) throw new NotFoundError();
      const added = await db.sequelize.query(
        `INSERT INTO blocks (blocker_id, blocked_id) VALUES ($userId, $otherId)
         ON CONFLICT DO NOTHING RETURNING blocker_id`,
        { bind: { userId, otherId }, type: QueryTypes.SELECT, transaction },
      );
      if (added.length === 0) return { changed: false };
      const update = await barBetween(db, transaction, key);
      return {
        changed: true,
        update,
        declined: await declineAll(db, transaction, userId, otherId),
      };
    }),
  );
  tell(announce, update);
  if (declined !== undefined) tellRequests(announce, [userId], declined);
  return { changed };
}

/** Removes the user's own block; a block by the other user stays. Without one nothing changes. */
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
      return { changed: true, update: await barBetween(db, transaction, key) };
    }),
  );
  tell(announce, update);
  return { changed };
}

/**
 * Bars or opens their direct conversation according to their current blocks; undefined if there is none or nothing
 * changes. Before the conversation is accepted, a block by the requested person does not show: the sender would learn
 * more from it than from silence.
 */
async function barBetween(
  db: Database,
  transaction: Transaction,
  key: string,
): Promise<GroupUpdate | undefined> {
  const [found] = await db.sequelize.query<{ id: string }>(
    'SELECT id FROM conversations WHERE direct_key = $key',
    { bind: { key }, type: QueryTypes.SELECT, transaction },
  );
  const locked = found && (await lockConversation(db, transaction, found.id));
  if (locked === undefined) return undefined;
  // A conversation barred by an account deletion stays barred.
  const [barred] = await db.sequelize.query(
    `UPDATE conversations c SET barred = now_is.bar, version = version + 1
     FROM (SELECT CASE WHEN EXISTS (
         SELECT FROM blocks b
         WHERE b.blocker_id = ANY ($2::uuid[]) AND b.blocked_id = ANY ($2::uuid[])
           AND b.blocker_id IS DISTINCT FROM k.requested_id) THEN 'blocked' END AS bar
       FROM conversations k WHERE k.id = $1) now_is
     WHERE c.id = $1 AND barred IS DISTINCT FROM now_is.bar AND barred IS DISTINCT FROM 'deleted' RETURNING c.id`,
    { bind: [locked.id, key.split(':')], type: QueryTypes.SELECT, transaction },
  );
  if (barred === undefined) return undefined;
  // Offline devices receive the change by sync (D7).
  await openResting(db, transaction, locked);
  return readGroupUpdate(db, transaction, locked);
}

/** A block declines the other user's open requests. Returns one of their conversations, if there are any. */
async function declineAll(
  db: Database,
  transaction: Transaction,
  userId: string,
  otherId: string,
): Promise<string | undefined> {
  const [declined] = await db.sequelize.query<{ id: string }>(
    `UPDATE requests SET state = 'declined', settled_at = now()
     WHERE to_id = $1 AND from_id = $2 AND state = 'open' RETURNING conversation_id AS id`,
    { bind: [userId, otherId], type: QueryTypes.SELECT, transaction },
  );
  return declined?.id;
}

function tell(announce: Announce, update: GroupUpdate | undefined): void {
  if (update !== undefined) announceGroupUpdate(announce, update, []);
}
