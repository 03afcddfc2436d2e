import { withTransaction } from '@chasqui/db';
import {
  type changePassword as endpoint,
  ForbiddenError,
  UnauthorizedError,
} from '@chasqui/protocol';
import type * as z from 'zod';
import type { OpenedSession } from './sessionResponse';
import { revokeOthers, closeSessions } from '../sessions/endSessions';
import { rejectGuessablePassword } from './guessablePasswords';
import type { Caller, Client, IdentityDeps } from '../identityDeps';

export type PasswordChange = z.output<(typeof endpoint)['body']>;

/** Thrown when the current password is wrong. */
export class WrongPasswordError extends ForbiddenError {
  constructor() {
    super('the current password is wrong', { reason: 'wrong_password' });
  }
}

/**
 * Sets a new password and ends every other session, in one transaction. The caller's session
 * continues with a new token family, so a copied refresh token becomes useless. Throws
 * WrongPasswordError, ForbiddenError for users of an external issuer, and UnauthorizedError if the
 * session has ended meanwhile.
 */
export async function changePassword(
  deps: IdentityDeps,
  { userId, sessionId }: Caller,
  { current_password, new_password }: PasswordChange,
  { address }: Pick<Client, 'address'>,
): Promise<OpenedSession> {
  const { store, passwords, tokenFamily, lifetime } = deps;
  const user = await store.users.findByPk(userId);
  if (user === null) throw new UnauthorizedError();
  const { passwordHash: known } = user;
  if (known === null) {
    throw new ForbiddenError('this account has no password here: its users sign in elsewhere', {
      reason: 'no_password',
    });
  }
  rejectGuessablePassword(new_password, user, 'new_password');
  if (!(await passwords.verify(current_password, known, { address, userId })))
    throw new WrongPasswordError();
  const passwordHash = await passwords.hash(new_password, { address, userId });
  const refreshToken = tokenFamily.first();
  const ended = await withTransaction(store.db, async (transaction) => {
    // Locks the user's row, so no login with the old password can slip in (login.ts).
    const [changed] = await store.users.update(
      { passwordHash, passwordTemporaryUntil: null },
      { where: { id: userId, passwordHash: known }, transaction },
    );
    if (changed === 0) throw new WrongPasswordError();
    const others = await revokeOthers(store, userId, sessionId, transaction);
    await store.refreshTokens.destroy({ where: { sessionId }, transaction });
    await store.refreshTokens.create(
      {
        ...{ tokenHash: tokenFamily.hash(refreshToken), sessionId },
        ...{ expiresAt: lifetime.fromNow, keyId: tokenFamily.keyId },
      },
      { transaction },
    );
    return others;
  });
  await closeSessions(deps, userId, ended);
  return { user, sessionId, refreshToken };
}
