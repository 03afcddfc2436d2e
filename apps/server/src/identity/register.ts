import { randomUUID } from 'node:crypto';
import { withTransaction } from '@pern/db/connect';
import { ConflictError } from '@pern/protocol/errors';
import type { register as endpoint } from '@pern/protocol/rest/auth';
import { UniqueConstraintError } from 'sequelize';
import type * as z from 'zod';
import { admission } from '../administration/admission';
import { refuseGuessable } from './guessablePasswords';
import type { Client, IdentityDeps } from './identity';
import type { OpenedSession } from './answer';
import { openSession } from './openSession';

export type Registration = z.output<(typeof endpoint)['body']>;

/**
 * Creates a user and logs in. Throws ForbiddenError where registration is closed or needs an invitation, ConflictError
 * when the name or the e-mail address is taken or reserved, without saying which, and ValidationError for a password that is easy to guess.
 */
export async function register(
  deps: IdentityDeps,
  { username, email, password, display_name, invitation }: Registration,
  { agent, address }: Client,
): Promise<OpenedSession & { invitationId: string | undefined }> {
  const { store, passwords, reservedNames, registration } = deps;
  const admit = await admission(store.db, registration, invitation);
  refuseGuessable(password, { username, email }, 'password');
  // First, so that a taken name takes as long as a free one.
  const passwordHash = await passwords.hash(password, { address, userId: null });
  if (reservedNames.has(username.toLowerCase())) throw taken();
  try {
    return await withTransaction(store.db, async (transaction) => {
      const invitationId = await admit(transaction);
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
        invitationId,
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
