import { randomBytes, randomUUID } from 'node:crypto';
import { decodePlace, encodePlace } from '@chasqui/core';
import { type Database, invitationStatements } from '@chasqui/db';
import { type Invitation, NotFoundError } from '@chasqui/protocol';
import type { SecurityLog } from '../securityLog';
import { type Administrator, actorIdOf, actorOf } from './actor';
import { digestOf } from './admission';

/** Invitations to the instance. */
export interface Invitations {
  /** The code is 128 random bits, returned only here; the database stores its digest. */
  create(
    administrator: Administrator,
    terms: { maxUses: number; expiresInS: number },
  ): Promise<{ invitation: Invitation; code: string }>;
  /** Latest first. Throws ValidationError for a cursor of another list. */
  list(page: {
    limit: number;
    cursor?: string | undefined;
  }): Promise<{ invitations: Invitation[]; next_cursor: string | null }>;
  /** A second call changes nothing. Throws NotFoundError for an unknown invitation. */
  revoke(administrator: Administrator, id: string): Promise<void>;
}

const LIST = 'invitations';

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
      const row = await invitationStatements.insertInvitation.row(
        db,
        ...[randomUUID(), digestOf(code), actorIdOf(administrator), expiresInS, maxUses],
      );
      if (row === undefined) throw new Error('an inserted invitation was not returned');
      const invitation = toInvitation(row);
      const invitationId = invitation.id;
      securityLog.record({ event: 'invitation_created', invitationId, ...actorOf(administrator) });
      return { invitation, code };
    },
    async list({ limit, cursor }) {
      const after = cursor === undefined ? undefined : decodePlace(LIST, cursor);
      const rows = await invitationStatements.invitationsBefore.rows(
        db,
        ...[after?.at ?? null, after?.id ?? null, limit + 1],
      );
      const invitations = rows.slice(0, limit).map(toInvitation);
      const last = rows.length > limit ? invitations.at(-1) : undefined;
      return {
        invitations,
        next_cursor: last ? encodePlace(LIST, Date.parse(last.created_at), last.id) : null,
      };
    },
    async revoke(administrator, invitationId) {
      const revoked = await invitationStatements.revokeInvitation.run(db, invitationId);
      if (revoked === 0) throw new NotFoundError();
      securityLog.record({ event: 'invitation_revoked', invitationId, ...actorOf(administrator) });
    },
  };
}

type Row = Awaited<ReturnType<typeof invitationStatements.invitationsBefore.rows>>[number];

function toInvitation(row: Row): Invitation {
  return {
    id: row.id,
    created_by: row.createdBy,
    max_uses: row.maxUses,
    uses: row.uses,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    revoked_at: row.revokedAt?.toISOString() ?? null,
  };
}
