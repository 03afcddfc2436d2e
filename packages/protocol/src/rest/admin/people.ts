import * as z from 'zod';
import { uuid } from '../../values/ids';
import { displayName, userQuery, username } from '../../text/text';
import { timestamp } from '../../values/time';
import { noContent, type Endpoint } from '../endpoint';
import { page, paged, query } from '../query';
import { instanceRole } from './roles';

// Account administration. Everybody but administrators gets 404 (D9).

/** What administrators see of a user: no e-mail address, no conversations, no content. */
export const administeredUserSchema = z
  .object({
    id: uuid,
    username,
    display_name: displayName,
    created_at: timestamp,
    last_seen_at: timestamp.nullable(),
    role: instanceRole.nullable(),
    suspended_at: timestamp.nullable(),
    session_count: z.int().min(0).meta({ description: 'Live sessions.' }),
  })
  .meta({ id: 'AdministeredUser' });

export type AdministeredUser = z.infer<typeof administeredUserSchema>;

export const listPeople = {
  method: 'GET',
  path: '/api/admin/users',
  summary: 'All users, or those with a matching user name or display name, by user name.',
  query: query({ query: userQuery.optional(), ...page }),
  answers: { 200: paged({ users: z.array(administeredUserSchema) }) },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

const params = z.object({ userId: uuid });
const refusals = ['ValidationError', 'NotFoundError', 'ForbiddenError'] as const;

export const suspendUser = {
  method: 'PUT',
  path: '/api/admin/users/:userId/suspension',
  summary:
    'Suspend a user: all sessions end, no new one starts, and messages to them wait without wake-ups. Repeating it changes nothing.',
  params,
  answers: { 204: noContent },
  refusals,
} as const satisfies Endpoint;

export const unsuspendUser = {
  method: 'DELETE',
  path: '/api/admin/users/:userId/suspension',
  summary: 'Let a suspended user sign in again, if there is a suspension.',
  params,
  answers: { 204: noContent },
  refusals,
} as const satisfies Endpoint;

export const endSessionsOfUser = {
  method: 'DELETE',
  path: '/api/admin/users/:userId/sessions',
  summary: 'End all sessions of a user and forget their devices.',
  params,
  answers: { 204: noContent },
  refusals,
} as const satisfies Endpoint;

export const setTemporaryPassword = {
  method: 'POST',
  path: '/api/admin/users/:userId/temporary-password',
  summary:
    'Replace a user’s password with one that is shown once and valid for one login, which must set a new password. Ends all sessions.',
  params,
  answers: {
    200: z.object({ temporary_password: z.string(), expires_at: timestamp }),
  },
  refusals,
} as const satisfies Endpoint;
