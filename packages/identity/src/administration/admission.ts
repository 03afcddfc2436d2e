import { createHash } from 'node:crypto';
import { type Database, inTransaction, invitationStatements } from '@chasqui/db';
import { ForbiddenError, type RegistrationMode } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';

type Reason = 'registration_closed' | 'invitation_required' | 'invitation_invalid';

const MESSAGES: Readonly<Record<Reason, string>> = {
  registration_closed: 'registration is closed on this instance',
  invitation_required: 'registration on this instance needs an invitation',
  // One text for unknown, expired, revoked and used up: a code tells its holder nothing else.
  invitation_invalid: 'this invitation is not valid, or not any more',
};

/** This instance does not let everybody register. `details.reason` says which of the three it is. */
export class NotAdmittedError extends ForbiddenError {
  constructor(readonly reason: Reason) {
    super(MESSAGES[reason], { reason });
  }
}

/** What is stored in place of a code, which is 128 random bits: a plain digest of it tells nothing. */
export function digestOf(code: string): Buffer {
  return createHash('sha256').update(code).digest();
}

/**
 * Whether somebody may register, looked at before the expensive part. Throws NotAdmittedError, or resolves to what counts
 * the invitation in the transaction of the registration: that locks its row, so of many who use one code at the
 * same moment no more get in than it has uses, and a registration that fails uses none. It resolves to the invitation's id.
 */
export async function admission(
  db: Database,
  mode: RegistrationMode,
  code: string | undefined,
): Promise<(transaction: Transaction) => Promise<string | undefined>> {
  if (mode === 'closed') throw new NotAdmittedError('registration_closed');
  if (mode === 'open') return () => Promise.resolve(undefined);
  if (code === undefined || code === '') throw new NotAdmittedError('invitation_required');
  const digest = digestOf(code);
  const usable = await invitationStatements.usableInvitation.run(db, digest);
  if (usable === 0) throw new NotAdmittedError('invitation_invalid');
  return async (transaction) => {
    const used = await invitationStatements.countInvitationUse.row(
      inTransaction(transaction),
      digest,
    );
    if (used === undefined) throw new NotAdmittedError('invitation_invalid');
    return used;
  };
}
