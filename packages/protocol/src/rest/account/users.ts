import * as z from 'zod';
import { uuid } from '../../values/ids';
import { userQuery } from '../../text/text';
import { userSchema } from '../../entities/user';
import type { Endpoint } from '../endpoint';
import { paged, page, query } from '../query';

export const readMe = {
  method: 'GET',
  path: '/api/users/me',
  summary: 'The current user.',
  answers: { 200: userSchema },
  refusals: [],
} as const satisfies Endpoint;

export const findUsers = {
  method: 'GET',
  path: '/api/users',
  summary:
    'Users with a matching user name or display name, by user name; all users without a query.',
  query: query({ query: userQuery.optional(), ...page }),
  answers: {
    200: paged({ users: z.array(userSchema) }),
  },
  refusals: ['ValidationError'],
} as const satisfies Endpoint;

export const readUser = {
  method: 'GET',
  path: '/api/users/:id',
  summary: 'A user.',
  params: z.object({ id: uuid }),
  answers: { 200: userSchema },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;
