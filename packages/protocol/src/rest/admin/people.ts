import * as z from 'zod';
import { uuid } from '../../values/ids';
import { displayName, userQuery, username } from '../../text/text';
import { timestamp } from '../../values/time';
import { noContent, type Endpoint } from '../endpoint';
import { page, paged, query } from '../query';
import { instanceRole } from './roles';

// What administrators of the instance do to accounts. Everybody else is answered as if none of this existed (D9).

/** What administrators see of a person: no e-mail address, no conversation, nothing that they write. */
export const administeredUserSchema = z
  .object({
    id: uuid,
    username,
    display_name: displayName,
    created_at: timestamp,
    last_seen_at: timestamp.nullable(),
    role: instanceRole.nullable(),
    suspended_at: timestamp.nullable(),
    session_count: z.int().min(0).meta({ description: 'Sessions that have not ended.' }),
  })
  .meta({ id: 'AdministeredUser' });

export type AdministeredUser = z.infer<typeof administeredUserSchema>;

export const listPeople = {
  method: 'GET',
  path: '/api/admin/users',
  summary: 'All users, or those whose user name or display name matches, by user name.',
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
    'Suspend a user: all sessions end, none begins, and messages to them wait without wake-ups. A second call changes nothing.',
  params,
  answers: { 204: noContent },
  refusals,
} as const satisfies Endpoint;

export const unsuspendUser = {
  method: 'DELETE',
  path: '/api/admin/users/:userId/suspension',
  summary: 'Let a suspended user sign in again. Where there is no suspension nothing changes.',
  params,
  answers: { 204: noContent },
  refusals,
} as const satisfies Endpoint;

export const endSessionsOfUser = {
  method: 'DELETE',
  path: '/api/admin/users/:userId/sessions',
  summary: 'End all sessions of a user, and forget their devices.',
  params,
  answers: { 204: noContent },
  refusals,
} as const satisfies Endpoint;

export const setTemporaryPassword = {
  method: 'POST',
  path: '/api/admin/users/:userId/temporary-password',
  summary:
    'Replace the password of a user by one that is shown here once, ends all sessions, and is good for one login that sets another password.',
  params,
  answers: {
    200: z.object({ temporary_password: z.string(), expires_at: timestamp }),
  },
  refusals,
} as const satisfies Endpoint;
