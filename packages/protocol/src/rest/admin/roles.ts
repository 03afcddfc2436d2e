import * as z from 'zod';
import { uuid } from '../../values/ids';
import { displayName, username } from '../../text/text';
import { timestamp } from '../../values/time';
import { noContent, type Endpoint } from '../endpoint';

// Instance roles. Users without one get 404 (D9).

export const instanceRoles = ['owner', 'admin'] as const;
export type InstanceRole = (typeof instanceRoles)[number];
export const instanceRole = z
  .enum(instanceRoles)
  .meta({ description: 'Admins manage users and deliveries; owners also grant roles.' });

export const instanceRoleSchema = z
  .object({
    user: z.object({ id: uuid, username, display_name: displayName }),
    role: instanceRole,
    granted_at: timestamp,
  })
  .meta({ id: 'InstanceRole' });

export type GrantedRole = z.infer<typeof instanceRoleSchema>;

export const listRoles = {
  method: 'GET',
  path: '/api/admin/roles',
  summary: 'Users with an instance role (administrators).',
  answers: { 200: z.object({ roles: z.array(instanceRoleSchema) }) },
  refusals: ['NotFoundError'],
} as const satisfies Endpoint;

const params = z.object({ userId: uuid });

export const grantRole = {
  method: 'PUT',
  path: '/api/admin/roles/:userId',
  summary: 'Give a user this instance role, replacing any other (owners).',
  params,
  body: z.object({ role: instanceRole }),
  answers: { 204: noContent },
  // ConflictError: the last owner stays an owner.
  refusals: ['ValidationError', 'NotFoundError', 'ForbiddenError', 'ConflictError'],
} as const satisfies Endpoint;

export const revokeRole = {
  method: 'DELETE',
  path: '/api/admin/roles/:userId',
  summary: 'Revoke a user’s instance role (owners). The last owner stays.',
  params,
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError', 'ForbiddenError', 'ConflictError'],
} as const satisfies Endpoint;
