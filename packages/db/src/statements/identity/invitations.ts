import { column, columns, nullable, number, text, time } from '../columns';
import { command, statement } from '../statement';

const COLUMNS = 'id, created_by, created_at, expires_at, max_uses, uses, revoked_at';
const invitation = columns({
  id: text,
  createdBy: nullable(text),
  createdAt: time,
  expiresAt: time,
  maxUses: number,
  uses: number,
  revokedAt: nullable(time),
});

/** Binds: id, digest of the code, creating user, lifetime in seconds, number of uses. */
export const insertInvitation = statement(
  'create_invitation',
  `INSERT INTO instance_invitations (id, code_digest, created_by, expires_at, max_uses)
   VALUES ($1::uuid, $2::bytea, $3::uuid, now() + $4::float8 * interval '1 second', $5::int)
   RETURNING ${COLUMNS}`,
  invitation,
);

export const invitationsBefore = statement(
  'list_invitations',
  `SELECT ${COLUMNS} FROM instance_invitations
   WHERE $1::timestamptz IS NULL OR (created_at, id) < ($1::timestamptz, $2::uuid)
   ORDER BY created_at DESC, id DESC LIMIT $3::int`,
  invitation,
);

/** Runs to 0 when there is no such invitation. */
export const revokeInvitation = command(
  'revoke_invitation',
  `UPDATE instance_invitations SET revoked_at = coalesce(revoked_at, now())
   WHERE id = $1::uuid RETURNING id`,
);

const USABLE =
  'code_digest = $1::bytea AND revoked_at IS NULL AND expires_at > now() AND uses < max_uses';

/** Runs to 1 when the code is valid. */
export const usableInvitation = command(
  'usable_invitation',
  `SELECT FROM instance_invitations WHERE ${USABLE}`,
);

/** Counts a use and locks the row. No row when the code is not valid. */
export const countInvitationUse = statement(
  'use_invitation',
  `UPDATE instance_invitations SET uses = uses + 1 WHERE ${USABLE} RETURNING id`,
  column(text),
);
