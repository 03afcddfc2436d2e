import { inTransaction, type User, withTransaction } from '@chasqui/db';
import {
  ForbiddenError,
  type login as endpoint,
  parseEmail,
  UnauthorizedError,
} from '@chasqui/protocol';
import { literal } from 'sequelize';
import type * as z from 'zod';
import { isSuspended } from '../administration/suspensions';
import type { OpenedSession } from './sessionResponse';
import { rejectGuessablePassword } from './guessablePasswords';
import type { Client, IdentityDeps } from '../identityDeps';
import { openSession } from '../sessions/openSession';

export type Credentials = z.output<(typeof endpoint)['body']>;

/** A login was refused. `userId` is for the security log alone: the answer never says whether there is such a user. */
export class WrongCredentialsError extends UnauthorizedError {
  constructor(readonly userId: string | null) {
    super('wrong name or password');
  }
}

/** The password is right, and no session begins. Told to who knows the password alone, so it tells a stranger nothing. */
export class LoginRefusedError extends ForbiddenError {
  constructor(
    readonly reason: 'suspended' | 'new_password_required',
    message: string,
  ) {
    super(message, { reason });
  }
}

/**
 * Begins a session. After a temporary password it takes a new one, which is set in the same transaction. Throws
 * LoginRefusedError for suspended users and where the new password is missing, and the same WrongCredentialsError, after
 * the same work, whether or not there is such a user.
 */
export async function login(
  deps: IdentityDeps,
  credentials: Credentials,
  { agent, address }: Client,
): Promise<OpenedSession & { changedPassword: boolean }> {
  const { store, passwords } = deps;
  const name = loginKey(credentials);
  // A user name has no @, so an address is recognised wherever it was typed.
  const user = await store.users.findOne({
    where: literal(name.includes('@') ? 'email_key = $1' : 'username_key = $1'),
    bind: [name],
  });
  const right = await passwords.verify(credentials.password, user?.passwordHash ?? null, {
    address,
    userId: name,
  });
  if (!user || !right) throw new WrongCredentialsError(user?.id ?? null);
  if (await isSuspended(store.db, user.id)) throw suspended();
  const newHash = await replacementOf(user, credentials, (text) =>
    passwords.hash(text, { address, userId: user.id }),
  );
  const opened = await withTransaction(store.db, async (transaction) => {
    // A change of the password ends all sessions: none may begin by the old one behind its back.
    const unchanged = await store.users.findOne({
      attributes: ['id'],
      // Bound, as everywhere: PostgreSQL logs the text of a statement that fails or takes long.
      where: literal('id = $1 AND password_hash = $2'),
      bind: [user.id, user.passwordHash],
      lock: newHash === undefined ? transaction.LOCK.SHARE : transaction.LOCK.NO_KEY_UPDATE,
      transaction,
    });
    if (unchanged === null) throw new WrongCredentialsError(user.id);
    // A suspension holds the user's row as well: it ends this session, or is seen here.
    if (await isSuspended(inTransaction(transaction), user.id)) throw suspended();
    if (newHash !== undefined) {
      await user.update({ passwordHash: newHash, passwordTemporaryUntil: null }, { transaction });
    }
    return openSession(deps, { userId: user.id, agent }, transaction);
  });
  return { user, ...opened, changedPassword: newHash !== undefined };
}

function suspended(): LoginRefusedError {
  return new LoginRefusedError('suspended', 'this account is suspended; ask an administrator');
}

/** The hash of the password that replaces a temporary one; undefined where there is nothing to replace. */
async function replacementOf(
  user: User,
  { new_password }: Credentials,
  hash: (password: string) => Promise<string>,
): Promise<string | undefined> {
  const { passwordTemporaryUntil } = user;
  if (passwordTemporaryUntil === null) return undefined;
  // Days away: the clock of a node is exact enough.
  if (passwordTemporaryUntil.getTime() < Date.now()) throw new WrongCredentialsError(user.id);
  if (new_password === undefined) {
    throw new LoginRefusedError(
      'new_password_required',
      'this password is temporary: send new_password with it',
    );
  }
  rejectGuessablePassword(new_password, user, 'new_password');
  return hash(new_password);
}

/** Under what name somebody tries to log in, in the form in which names and addresses are compared. */
export function loginKey(credentials: Credentials): string {
  const name = 'username' in credentials ? credentials.username : credentials.email;
  return parseEmail(name) ?? name.toLowerCase();
}
