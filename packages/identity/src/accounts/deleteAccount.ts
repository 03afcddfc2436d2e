import { randomBytes } from 'node:crypto';
import { accountStatements, inTransaction, sessionStatements, withTransaction } from '@chasqui/db';
import { type deleteMe, UnauthorizedError, ValidationError } from '@chasqui/protocol';
import { literal, type Transaction } from 'sequelize';
import type * as z from 'zod';
import { WrongPasswordError } from './changePassword';
import type { Caller, Client, IdentityDeps } from '../identityDeps';
import type { IdentityStore } from '../identityStore';

export type AccountDeletion = z.output<(typeof deleteMe)['body']>;

/** What everybody sees from then on where a name was. */
const NAME_LEFT = 'Deleted account';
/** How much of the rest is done before the answer; a worker does what is left. */
const AT_ONCE_MS = 3_000;

/**
 * Ends an account for good. One transaction takes away who it was, its password, sessions, devices and blocks, and notes what
 * is left to do: from then on nobody acts in its name. Then its groups are left, its direct conversations ended and, if it
 * wishes so, its messages erased; what fails or takes longer is gone on with by a worker. Throws ValidationError without
 * the password where there is one, WrongPasswordError, and UnauthorizedError when the account is no more.
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
  // Users of another issuer have proven by their token who they are, and have nothing else here to prove it with.
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
    // The rows stay for a day, like those of all ended sessions: tokens of another issuer are valid that long, and would
    // create a new user.
    const sessions = await sessionStatements.anonymizeSessionsOfUser.rows(on, userId);
    for (const belongings of accountStatements.deleteBelongings) await belongings.run(on, userId);
    await accountStatements.insertDeletion.run(on, userId, erase_messages);
    return sessions;
  });
  endings.announce(ended);
  await core.accounts.finishDeletion(userId, AT_ONCE_MS).catch((error: unknown) => {
    log.warn({ err: error, userId }, 'the rest of a deletion is left to a worker');
  });
}

/** Whoever adds the user somewhere holds this row as well: they are done before, or find nobody. */
async function anonymizeUser(
  { users }: IdentityStore,
  transaction: Transaction,
  userId: string,
  passwordHash: string | null,
): Promise<void> {
  // Nothing is left of the old name, so it is free: to keep it from others it would have to be kept.
  // By chance, or somebody could register beforehand what stands in place of it.
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
  // Something came in between: the same deletion, or another password.
  const living = await users.count({ where: { id: userId, deletedAt: null }, transaction });
  throw living > 0 ? new WrongPasswordError() : new UnauthorizedError();
}
