import { randomUUID } from 'node:crypto';
import { accountStatements, inTransaction, withTransaction } from '@chasqui/db';
import { ConflictError, type register as endpoint } from '@chasqui/protocol';
import type * as z from 'zod';
import { admission } from '../administration/admission';
import { rejectGuessablePassword } from './guessablePasswords';
import type { Client, IdentityDeps } from '../identityDeps';
import type { OpenedSession } from './sessionResponse';
import { openSession } from '../sessions/openSession';

export type Registration = z.output<(typeof endpoint)['body']>;

/**
 * Creates a user and logs in. Throws ForbiddenError if registration is closed or needs an
 * invitation, ConflictError if the user name or e-mail address is taken or reserved (without saying
 * which), and ValidationError for a password that is easy to guess.
 */
export async function register(
  deps: IdentityDeps,
  { username, email, password, display_name, invitation }: Registration,
  { agent, address }: Client,
): Promise<OpenedSession & { invitationId: string | undefined }> {
  const { store, passwords, reservedUsernames, registration } = deps;
  const admit = await admission(store.db, registration, invitation);
  rejectGuessablePassword(password, { username, email }, 'password');
  // Hash first, so that a taken name takes as long as a free one.
  const passwordHash = await passwords.hash(password, { address, userId: null });
  if (reservedUsernames.has(username.toLowerCase())) throw taken();
  return withTransaction(store.db, async (transaction) => {
    const invitationId = await admit(transaction);
    const id = randomUUID();
    const added = await accountStatements.insertAccount.run(
      inTransaction(transaction),
      ...[id, username, username.toLowerCase(), email, email.toLowerCase()],
      ...[display_name ?? username, passwordHash],
    );
    const user = added === 0 ? null : await store.users.findByPk(id, { transaction });
    if (user === null) throw taken();
    const opened = await openSession(deps, { userId: id, agent }, transaction);
    return { user, invitationId, ...opened };
  });
}

function taken(): ConflictError {
  return new ConflictError('this user name or e-mail address is taken');
}
