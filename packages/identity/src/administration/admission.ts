import { createHash } from 'node:crypto';
import { type Database, inTransaction, invitationStatements } from '@chasqui/db';
import { ForbiddenError, type RegistrationMode } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';

type Reason = 'registration_closed' | 'invitation_required' | 'invitation_invalid';

const MESSAGES: Readonly<Record<Reason, string>> = {
  registration_closed: 'registration is closed on this instance',
  invitation_required: 'registration on this instance needs an invitation',
  // One text for unknown, expired, revoked and used-up codes, so a code reveals nothing else.
  invitation_invalid: 'this invitation is not valid',
};

/** Registration is restricted on this instance. `details.reason` says how. */
export class NotAdmittedError extends ForbiddenError {
  constructor(readonly reason: Reason) {
    super(MESSAGES[reason], { reason });
  }
}

/** The stored digest of a code. A code is 128 random bits, so a plain digest is safe. */
export function digestOf(code: string): Buffer {
  return createHash('sha256').update(code).digest();
}

/**
 * Checks whether a registration is allowed, before the expensive part. Throws NotAdmittedError, or
 * resolves to a function that consumes the invitation within the registration's transaction and
 * resolves to its id. It locks the invitation's row, so concurrent registrations cannot exceed its
 * uses, and a failed registration consumes none.
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
