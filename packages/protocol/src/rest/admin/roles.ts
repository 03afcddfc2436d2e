import * as z from 'zod';
import { uuid } from '../../values/ids';
import { displayName, username } from '../../text/text';
import { timestamp } from '../../values/time';
import { noContent, type Endpoint } from '../endpoint';

// Roles of the instance. Users without one are answered as if none of this existed (D9).

export const instanceRoles = ['owner', 'admin'] as const;
export type InstanceRole = (typeof instanceRoles)[number];
export const instanceRole = z
  .enum(instanceRoles)
  .meta({ description: 'Admins administer people and deliveries; owners grant roles as well.' });

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
  summary: 'Who has a role of the instance (administrators).',
  answers: { 200: z.object({ roles: z.array(instanceRoleSchema) }) },
  refusals: ['NotFoundError'],
} as const satisfies Endpoint;

const params = z.object({ userId: uuid });

export const grantRole = {
  method: 'PUT',
  path: '/api/admin/roles/:userId',
  summary: 'Give a user this role of the instance in place of any other (owners).',
  params,
  body: z.object({ role: instanceRole }),
  answers: { 204: noContent },
  // ConflictError: the last owner stays an owner.
  refusals: ['ValidationError', 'NotFoundError', 'ForbiddenError', 'ConflictError'],
} as const satisfies Endpoint;

export const revokeRole = {
  method: 'DELETE',
  path: '/api/admin/roles/:userId',
  summary: 'Take a user’s role of the instance away (owners). The last owner stays.',
  params,
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError', 'ForbiddenError', 'ConflictError'],
} as const satisfies Endpoint;
