import { randomUUID } from 'node:crypto';
import { withTransaction } from '@pern/db/connect';
import { ConflictError } from '@pern/protocol/errors';
import type { register as endpoint } from '@pern/protocol/rest/auth';
import { UniqueConstraintError } from 'sequelize';
import type * as z from 'zod';
import { refuseGuessable } from './guessablePasswords';
import type { Client, IdentityDeps } from './identity';
import type { OpenedSession } from './answer';
import { openSession } from './openSession';

export type Registration = z.output<(typeof endpoint)['body']>;

/**
 * Creates a user and logs in. Throws ConflictError when the name or the address is taken or reserved, without saying
 * which, and ValidationError for a password that is easy to guess.
 */
export async function register(
  deps: IdentityDeps,
  { username, email, password, display_name }: Registration,
  { agent, address }: Client,
): Promise<OpenedSession> {
  const { store, passwords, reservedNames } = deps;
  refuseGuessable(password, { username, email }, 'password');
  // First, so that a taken name takes as long as a free one.
  const passwordHash = await passwords.hash(password, { address, userId: null });
  if (reservedNames.has(username.toLowerCase())) throw taken();
  try {
    return await withTransaction(store.db, async (transaction) => {
      const user = await store.users.create(
        {
          id: randomUUID(),
          username,
          usernameKey: username.toLowerCase(),
          email,
          emailKey: email.toLowerCase(),
          displayName: display_name ?? username,
          passwordHash,
        },
        { transaction },
      );
      return {
        user,
        ...(await openSession(deps, { userId: user.id, agent }, transaction)),
      };
    });
  } catch (error) {
    if (error instanceof UniqueConstraintError) throw taken();
    throw error;
  }
}

function taken(): ConflictError {
  return new ConflictError('this user name or e-mail address is taken');
}
