import { withTransaction } from '@pern/db/connect';
import { UnauthorizedError } from '@pern/protocol/errors';
import type { login as endpoint } from '@pern/protocol/rest/auth';
import type * as z from 'zod';
import type { OpenedSession } from './answer';
import type { IdentityDeps } from './identity';
import { openSession } from './openSession';

export type Credentials = z.output<(typeof endpoint)['body']>;

/** Begins a session. Throws the same UnauthorizedError, after the same work, whether or not there is such a user. */
export async function login(
  { store, passwords, chain }: IdentityDeps,
  credentials: Credentials,
): Promise<OpenedSession> {
  const name = loginKey(credentials);
  // A user name has no @, so an address is recognised wherever it was typed.
  const user = await store.users.findOne({
    where: name.includes('@') ? { emailKey: name } : { usernameKey: name },
  });
  const right = await passwords.verify(credentials.password, user?.passwordHash ?? null);
  if (!user || !right) throw new UnauthorizedError('wrong name or password');
  const opened = await withTransaction(store.db, (transaction) =>
    openSession(store, chain, user.id, transaction),
  );
  return { user, ...opened };
}

/** Under what name somebody tries to log in, whatever its case. */
export function loginKey(credentials: Credentials): string {
  return ('username' in credentials ? credentials.username : credentials.email).toLowerCase();
}
