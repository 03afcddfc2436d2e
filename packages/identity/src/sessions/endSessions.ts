import { type Session, withTransaction } from '@chasqui/db';
import { NotFoundError, UnauthorizedError } from '@chasqui/protocol';
import { literal, Op, type Transaction, type WhereOptions } from 'sequelize';
import type { Caller, IdentityDeps } from '../identityDeps';
import type { IdentityStore } from '../identityStore';

type Deps = Pick<IdentityDeps, 'store' | 'endings' | 'core'>;

/** Ends one session of the caller's own, also the present one. Throws NotFoundError when there is none that lives. */
export async function endSession(deps: Deps, { userId }: Caller, id: string): Promise<void> {
  const ended = await revokeSessions(deps.store, userId, { id });
  if (ended.length === 0) throw new NotFoundError();
  await closeSessions(deps, userId, ended);
}

/**
 * Ends all sessions of the caller's but the present one. Throws UnauthorizedError when the present one was ended
 * meanwhile: of two that end each other at the same moment one stays. A second call does nothing.
 */
export async function endOtherSessions(deps: Deps, { userId, sessionId }: Caller): Promise<void> {
  const ended = await withTransaction(deps.store.db, async (transaction) => {
    // One ending at a time for a user; the rows of sessions have no order of their own.
    await deps.store.users.findByPk(userId, {
      attributes: ['id'],
      lock: transaction.LOCK.NO_KEY_UPDATE,
      transaction,
    });
    return revokeOthers(deps.store, userId, sessionId, transaction);
  });
  await closeSessions(deps, userId, ended);
}

/** To be called under the lock of the user's row. Throws UnauthorizedError unless the session that stays lives. */
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

/** Those of these sessions that lived until now. Their tokens are refused from the commit on. */
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

/** After the commit: closes the sockets of ended sessions on every node, and forgets their devices (D4). */
export async function closeSessions(
  { endings, core }: Pick<Deps, 'endings' | 'core'>,
  userId: string,
  sessionIds: string[],
): Promise<void> {
  if (sessionIds.length === 0) return;
  // The sockets first: a living connection would register its device again.
  endings.announce(sessionIds);
  for (const sessionId of sessionIds)
    await core.connections.forgetSessionDevices(userId, sessionId);
}
