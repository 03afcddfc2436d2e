import { randomBytes } from 'node:crypto';
import { accountStatements, inTransaction, sessionStatements, withTransaction } from '@chasqui/db';
import { type deleteMe, UnauthorizedError, ValidationError } from '@chasqui/protocol';
import { literal, type Transaction } from 'sequelize';
import type * as z from 'zod';
import { WrongPasswordError } from './changePassword';
import type { Caller, Client, IdentityDeps } from '../identityDeps';
import type { IdentityStore } from '../identityStore';

export type AccountDeletion = z.output<(typeof deleteMe)['body']>;

/** Display name of a deleted account. */
const NAME_LEFT = 'Deleted account';
/** Time spent on the remaining work before responding; a worker finishes the rest. */
const AT_ONCE_MS = 3_000;

/**
 * Deletes an account permanently. One transaction anonymizes the user, deletes password, sessions,
 * devices and blocks, and queues the remaining work; from then on nobody can act as this user.
 * Afterwards the user leaves all groups, direct conversations close and, if requested, messages are
 * erased; a worker continues whatever fails or takes too long. Throws ValidationError if a required
 * password is missing, WrongPasswordError, and UnauthorizedError if the account no longer exists.
 */
export async function deleteAccount(
  deps: IdentityDeps,
  { userId }: Caller,
  { password, erase_messages }: AccountDeletion,
  { address }: Pick<Client, 'address'>,
): Promise<void> {
  const { store, passwords, endings, core, log } = deps;
  const user = await store.users.findByPk(userId);
  if (user?.deletedAt !== null) throw new UnauthorizedError();
  const { passwordHash } = user;
  // Users of an external issuer have no password here; their token is the proof.
  if (passwordHash !== null) {
    if (password === undefined) {
      const message = 'is missing';
      throw new ValidationError(`password: ${message}`, [{ path: 'password', message }]);
    }
    if (!(await passwords.verify(password, passwordHash, { address, userId })))
      throw new WrongPasswordError();
  }
  const ended = await withTransaction(store.db, async (transaction) => {
    await anonymizeUser(store, transaction, userId, passwordHash);
    const on = inTransaction(transaction);
    // The rows stay for a day, like those of all ended sessions: tokens of an external issuer may
    // be valid that long, and without these rows they would create a new user.
    const sessions = await sessionStatements.anonymizeSessionsOfUser.rows(on, userId);
    for (const belongings of accountStatements.deleteBelongings) await belongings.run(on, userId);
    await accountStatements.insertDeletion.run(on, userId, erase_messages);
    return sessions;
  });
  endings.announce(ended);
  await core.accounts.finishDeletion(userId, AT_ONCE_MS).catch((error: unknown) => {
    log.warn({ err: error, userId }, 'a worker will finish this account deletion');
  });
}

/**
 * Code that adds the user to something locks this row too, so it either commits first or finds no
 * user.
 */
async function anonymizeUser(
  { users }: IdentityStore,
  transaction: Transaction,
  userId: string,
  passwordHash: string | null,
): Promise<void> {
  // The old name becomes free, since reserving it would mean storing it. The replacement is random,
  // so nobody can register it in advance.
  const random = randomBytes(12).toString('hex');
  const username = `deleted_${random}`;
  const email = `${random}@deleted.invalid`;
  const [changed] = await users.update(
    {
      ...{ username, usernameKey: username, email, emailKey: email, displayName: NAME_LEFT },
      ...{ passwordHash: null, lastSeenAt: null, deletedAt: literal('now()') },
    },
    { where: { id: userId, passwordHash, deletedAt: null }, transaction },
  );
  if (changed > 0) return;
  // A concurrent request deleted the account or changed its password.
  const living = await users.count({ where: { id: userId, deletedAt: null }, transaction });
  throw living > 0 ? new WrongPasswordError() : new UnauthorizedError();
}
