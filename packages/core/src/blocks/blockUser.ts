import { type Database, guarded, inTransaction, withTransaction } from '@chasqui/db';
import { NotFoundError, ValidationError } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import type { Announce } from '../fanout/announce';
import type { ChangeDeps } from '../conversations/changeDeps';
import {
  announceGroupUpdate,
  readGroupUpdate,
  type GroupUpdate,
} from '../conversations/group/groupUpdate';
import { unknownUsers } from '../members/rows/unknownUsers';
import { announceRequests } from '../consent/requests/announceRequests';
import { lockConversation, openResting } from '../conversations/lockConversation';
import { lockPair, pairKey } from './pair';
import { addBlock, barByBlocks, declineRequestsFrom, directByKey, removeBlock } from './statements';

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
      await lockPair(transaction, key);
      if ((await unknownUsers(transaction, [otherId])).size > 0) throw new NotFoundError();
      const added = await addBlock.run(inTransaction(transaction), userId, otherId);
      if (added === 0) return { changed: false };
      const update = await barBetween(db, transaction, key);
      return {
        changed: true,
        update,
        declined: await declineRequests(transaction, userId, otherId),
      };
    }),
  );
  announceChange(announce, update);
  if (declined !== undefined) announceRequests(announce, [userId], declined);
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
      await lockPair(transaction, key);
      const removed = await removeBlock.run(inTransaction(transaction), userId, otherId);
      if (removed === 0) return { changed: false };
      return { changed: true, update: await barBetween(db, transaction, key) };
    }),
  );
  announceChange(announce, update);
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
  const on = inTransaction(transaction);
  const directId = await directByKey.row(on, key);
  if (directId === undefined) return undefined;
  const locked = await lockConversation(transaction, directId);
  if (locked === undefined) return undefined;
  if ((await barByBlocks.run(on, locked.id, key.split(':'))) === 0) return undefined;
  // Offline devices receive the change by sync (D7).
  await openResting(transaction, locked);
  return readGroupUpdate(db, transaction, locked);
}

/** A block declines the other user's open requests. Returns one of their conversations, if there are any. */
function declineRequests(
  transaction: Transaction,
  userId: string,
  otherId: string,
): Promise<string | undefined> {
  return declineRequestsFrom.row(inTransaction(transaction), userId, otherId);
}

function announceChange(announce: Announce, update: GroupUpdate | undefined): void {
  if (update !== undefined) announceGroupUpdate(announce, update, []);
}
