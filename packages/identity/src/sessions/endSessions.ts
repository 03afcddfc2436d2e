import { type Session, withTransaction } from '@chasqui/db';
import { NotFoundError, UnauthorizedError } from '@chasqui/protocol';
import { literal, Op, type Transaction, type WhereOptions } from 'sequelize';
import type { Caller, IdentityDeps } from '../identityDeps';
import type { IdentityStore } from '../identityStore';

type Deps = Pick<IdentityDeps, 'store' | 'endings' | 'core'>;

/**
 * Ends one of the caller's sessions, possibly the current one. Throws NotFoundError if it is not
 * live.
 */
export async function endSession(deps: Deps, { userId }: Caller, id: string): Promise<void> {
  const ended = await revokeSessions(deps.store, userId, { id });
  if (ended.length === 0) throw new NotFoundError();
  await closeSessions(deps, userId, ended);
}

/**
 * Ends all of the caller's sessions but the current one. Throws UnauthorizedError if the current
 * one has ended meanwhile: if two sessions end each other concurrently, one survives. A second call
 * does nothing.
 */
export async function endOtherSessions(deps: Deps, { userId, sessionId }: Caller): Promise<void> {
  const ended = await withTransaction(deps.store.db, async (transaction) => {
    // Serializes these calls per user; session rows have no lock order of their own.
    await deps.store.users.findByPk(userId, {
      attributes: ['id'],
      lock: transaction.LOCK.NO_KEY_UPDATE,
      transaction,
    });
    return revokeOthers(deps.store, userId, sessionId, transaction);
  });
  await closeSessions(deps, userId, ended);
}

/**
 * Call it while holding the user's row lock. Throws UnauthorizedError unless the remaining session
 * is live.
 */
export async function revokeOthers(
  store: IdentityStore,
  userId: string,
  stays: string,
  transaction: Transaction,
): Promise<string[]> {
  const living = await store.sessions.findOne({
    where: { id: stays, userId, revokedAt: null },
    lock: transaction.LOCK.UPDATE,
    transaction,
  });
  if (living === null) throw new UnauthorizedError();
  return revokeSessions(store, userId, { id: { [Op.ne]: stays } }, transaction);
}

/**
 * Revokes these sessions and returns the ids of those that were live. Their tokens are refused from
 * the commit on.
 */
export async function revokeSessions(
  { sessions }: IdentityStore,
  userId: string,
  which: WhereOptions<Session>,
  transaction?: Transaction,
): Promise<string[]> {
  const [, ended] = await sessions.update(
    { revokedAt: literal('now()') },
    {
      where: { [Op.and]: [{ userId, revokedAt: null }, which] },
      returning: ['id'],
      ...(transaction === undefined ? {} : { transaction }),
    },
  );
  return ended.map(({ id }) => id);
}

/**
 * After the commit: closes the sockets of ended sessions on every node and deletes their devices
 * (D4).
 */
export async function closeSessions(
  { endings, core }: Pick<Deps, 'endings' | 'core'>,
  userId: string,
  sessionIds: string[],
): Promise<void> {
  if (sessionIds.length === 0) return;
  // Sockets first: a live connection would register its device again.
  endings.announce(sessionIds);
  for (const sessionId of sessionIds)
    await core.connections.forgetSessionDevices(userId, sessionId);
}
