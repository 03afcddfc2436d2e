import * as z from 'zod';
import { uuid } from '../../values/ids';
import { INVITATION_DAYS_MAX, INVITATION_USES_MAX } from '../../limits';
import { timestamp } from '../../values/time';
import { noContent, type Endpoint } from '../endpoint';
import { page, paged, query } from '../query';

// Invitations to the instance. Everybody but administrators gets 404 (D9).

const DAY_S = 86_400;

export const invitationSchema = z
  .object({
    id: uuid,
    created_by: uuid.nullable().meta({ description: 'null: created by the command line.' }),
    created_at: timestamp,
    expires_at: timestamp,
    max_uses: z.int().min(1),
    uses: z.int().min(0),
    revoked_at: timestamp.nullable(),
  })
  .meta({ id: 'Invitation' });

export type Invitation = z.infer<typeof invitationSchema>;

export const listInvitations = {
  method: 'GET',
  path: '/api/admin/invitations',
  summary: 'Invitations to this instance, latest first, without their codes (administrators).',
  query: query(page),
  answers: { 200: paged({ invitations: z.array(invitationSchema) }) },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

export const createInvitation = {
  method: 'POST',
  path: '/api/admin/invitations',
  summary: 'Create an invitation. Its code is returned once and cannot be read again.',
  body: z.object({
    max_uses: z.int().min(1).max(INVITATION_USES_MAX).default(1),
    expires_in_s: z
      .int()
      .min(60)
      .max(INVITATION_DAYS_MAX * DAY_S)
      .default(7 * DAY_S),
  }),
  answers: { 201: z.object({ invitation: invitationSchema, code: z.string() }) },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

export const revokeInvitation = {
  method: 'DELETE',
  path: '/api/admin/invitations/:id',
  summary: 'Revoke an invitation: no further registrations. Existing accounts stay.',
  params: z.object({ id: uuid }),
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;
