import { randomBytes, randomUUID } from 'node:crypto';
import { decodePlace, encodePlace } from '@chasqui/core';
import type { Database } from '@chasqui/db';
import { type Invitation, NotFoundError } from '@chasqui/protocol';
import type { SecurityLog } from '../securityLog';
import { type Administrator, actorIdOf, actorOf } from './actor';
import { digestOf } from './admission';

/** Invitations to the instance. */
export interface Invitations {
  /** The code is 128 random bits, returned here once; its digest alone is stored. */
  create(
    administrator: Administrator,
    terms: { maxUses: number; expiresInS: number },
  ): Promise<{ invitation: Invitation; code: string }>;
  /** Latest first. Throws ValidationError for a cursor of another list. */
  list(page: {
    limit: number;
    cursor?: string | undefined;
  }): Promise<{ invitations: Invitation[]; next_cursor: string | null }>;
  /** A second call changes nothing. Throws NotFoundError when there is no such invitation. */
  revoke(administrator: Administrator, id: string): Promise<void>;
}

const LIST = 'invitations';
const COLUMNS = 'id, created_by, created_at, expires_at, max_uses, uses, revoked_at';

export function createInvitations({
  db,
  securityLog,
}: {
  db: Database;
  securityLog: SecurityLog;
}): Invitations {
  return {
    async create(administrator, { maxUses, expiresInS }) {
      const code = randomBytes(16).toString('base64url');
      const [row] = await db.query(
        'create_invitation',
        `INSERT INTO instance_invitations (id, code_digest, created_by, expires_at, max_uses)
         VALUES ($1::uuid, $2::bytea, $3::uuid, now() + $4::float8 * interval '1 second', $5::int)
         RETURNING ${COLUMNS}`,
        [randomUUID(), digestOf(code), actorIdOf(administrator), expiresInS, maxUses],
      );
      const invitation = toInvitation(row ?? []);
      const invitationId = invitation.id;
      securityLog.record({ event: 'invitation_created', invitationId, ...actorOf(administrator) });
      return { invitation, code };
    },
    async list({ limit, cursor }) {
      const after = cursor === undefined ? undefined : decodePlace(LIST, cursor);
      const rows = await db.query(
        'list_invitations',
        `SELECT ${COLUMNS} FROM instance_invitations
         WHERE $1::timestamptz IS NULL OR (created_at, id) < ($1::timestamptz, $2::uuid)
         ORDER BY created_at DESC, id DESC LIMIT $3::int`,
        [after?.at ?? null, after?.id ?? null, limit + 1],
      );
      const invitations = rows.slice(0, limit).map(toInvitation);
      const last = rows.length > limit ? invitations.at(-1) : undefined;
      return {
        invitations,
        next_cursor: last ? encodePlace(LIST, Date.parse(last.created_at), last.id) : null,
      };
    },
    async revoke(administrator, invitationId) {
      const rows = await db.query(
        'revoke_invitation',
        `UPDATE instance_invitations SET revoked_at = coalesce(revoked_at, now())
         WHERE id = $1::uuid RETURNING id`,
        [invitationId],
      );
      if (rows.length === 0) throw new NotFoundError();
      securityLog.record({ event: 'invitation_revoked', invitationId, ...actorOf(administrator) });
    },
  };
}

function toInvitation(row: unknown[]): Invitation {
  const [id, createdBy, createdAt, expiresAt, max_uses, uses, revokedAt] = row as [
    ...[string, string | null, Date, Date, number, number, Date | null],
  ];
  return {
    ...{ id, created_by: createdBy, max_uses, uses },
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    revoked_at: revokedAt?.toISOString() ?? null,
  };
}
