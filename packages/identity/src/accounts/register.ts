import { randomUUID } from 'node:crypto';
import { withTransaction } from '@chasqui/db';
import { ConflictError, type register as endpoint } from '@chasqui/protocol';
import { QueryTypes } from 'sequelize';
import type * as z from 'zod';
import { admission } from '../administration/admission';
import { refuseGuessable } from './guessablePasswords';
import type { Client, IdentityDeps } from '../identityDeps';
import type { OpenedSession } from './answer';
import { openSession } from '../sessions/openSession';

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
  return withTransaction(store.db, async (transaction) => {
    const invitationId = await admit(transaction);
    const id = randomUUID();
    const [added] = await store.db.sequelize.query(INSERT, {
      bind: {
        ...{ id, username, usernameKey: username.toLowerCase() },
        ...{ email, emailKey: email.toLowerCase() },
        ...{ displayName: display_name ?? username, passwordHash },
      },
      type: QueryTypes.SELECT,
      transaction,
    });
    const user = added === undefined ? null : await store.users.findByPk(id, { transaction });
    if (user === null) throw taken();
    const opened = await openSession(deps, { userId: id, agent }, transaction);
    return { user, invitationId, ...opened };
  });
}

function taken(): ConflictError {
  return new ConflictError('this user name or e-mail address is taken');
}

// A violated constraint would be an error, and PostgreSQL's log would repeat the address of it.
const INSERT = `INSERT INTO users (id, username, username_key, email, email_key, display_name, password_hash)
  VALUES ($id, $username, $usernameKey, $email, $emailKey, $displayName, $passwordHash)
  ON CONFLICT DO NOTHING RETURNING id`;
