import { withTransaction } from '@pern/db/connect';
import { UnauthorizedError } from '@pern/protocol/errors';
import type { login as endpoint } from '@pern/protocol/rest/auth';
import type * as z from 'zod';
import type { OpenedSession } from './answer';
import type { Client, IdentityDeps } from './identity';
import { openSession } from './openSession';

export type Credentials = z.output<(typeof endpoint)['body']>;

/** A login was refused. `userId` is for the security log alone: the answer never says whether there is such a user. */
export class WrongCredentialsError extends UnauthorizedError {
  constructor(readonly userId: string | null) {
    super('wrong name or password');
  }
}

/** Begins a session. Throws the same WrongCredentialsError, after the same work, whether or not there is such a user. */
export async function login(
  deps: IdentityDeps,
  credentials: Credentials,
  { agent, address }: Client,
): Promise<OpenedSession> {
  const { store, passwords } = deps;
  const name = loginKey(credentials);
  // A user name has no @, so an address is recognised wherever it was typed.
  const user = await store.users.findOne({
    where: name.includes('@') ? { emailKey: name } : { usernameKey: name },
  });
  const right = await passwords.verify(credentials.password, user?.passwordHash ?? null, {
    address,
    userId: name,
  });
  if (!user || !right) throw new WrongCredentialsError(user?.id ?? null);
  const opened = await withTransaction(store.db, async (transaction) => {
    // A change of the password ends all sessions: none may begin by the old one behind its back.
    const unchanged = await store.users.findOne({
      attributes: ['id'],
      where: { id: user.id, passwordHash: user.passwordHash },
      lock: transaction.LOCK.SHARE,
      transaction,
    });
    if (unchanged === null) throw new WrongCredentialsError(user.id);
    return openSession(deps, { userId: user.id, agent }, transaction);
  });
  return { user, ...opened };
}

/** Under what name somebody tries to log in, whatever its case. */
export function loginKey(credentials: Credentials): string {
  return ('username' in credentials ? credentials.username : credentials.email).toLowerCase();
}
