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

/**
 * A failed login. `userId` is for the security log only; the response never reveals whether the
 * user exists.
 */
export class WrongCredentialsError extends UnauthorizedError {
  constructor(readonly userId: string | null) {
    super('wrong name or password');
  }
}

/**
 * The password is right but no session starts. Only someone who knows the password can see this, so
 * it reveals nothing to others.
 */
export class LoginRefusedError extends ForbiddenError {
  constructor(
    readonly reason: 'suspended' | 'new_password_required',
    message: string,
  ) {
    super(message, { reason });
  }
}

/**
 * Starts a session. A login with a temporary password must bring a new one, which is set in the
 * same transaction. Throws LoginRefusedError for suspended users and for a missing new password. An
 * unknown user and a wrong password cause the same WrongCredentialsError after the same amount of
 * work.
 */
export async function login(
  deps: IdentityDeps,
  credentials: Credentials,
  { agent, address }: Client,
): Promise<OpenedSession & { changedPassword: boolean }> {
  const { store, passwords } = deps;
  const name = loginKey(credentials);
  // User names contain no @, so an e-mail address is recognized in either field.
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
    // Changing the password ends all sessions; locking the row keeps a login with the old password
    // from starting one concurrently.
    const unchanged = await store.users.findOne({
      attributes: ['id'],
      // Bound like all values: PostgreSQL logs the text of failed and slow statements.
      where: literal('id = $1 AND password_hash = $2'),
      bind: [user.id, user.passwordHash],
      lock: newHash === undefined ? transaction.LOCK.SHARE : transaction.LOCK.NO_KEY_UPDATE,
      transaction,
    });
    if (unchanged === null) throw new WrongCredentialsError(user.id);
    // A suspension locks the user's row too, so it either ends this session or is visible here.
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

/**
 * The hash of the password that replaces a temporary one; undefined if nothing is to be replaced.
 */
async function replacementOf(
  user: User,
  { new_password }: Credentials,
  hash: (password: string) => Promise<string>,
): Promise<string | undefined> {
  const { passwordTemporaryUntil } = user;
  if (passwordTemporaryUntil === null) return undefined;
  // The deadline is hours away; the node's clock is accurate enough.
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

/** The name or e-mail address of a login attempt, in its normalized form for comparison. */
export function loginKey(credentials: Credentials): string {
  const name = 'username' in credentials ? credentials.username : credentials.email;
  return parseEmail(name) ?? name.toLowerCase();
}
