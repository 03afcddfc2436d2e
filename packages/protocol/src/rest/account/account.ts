import * as z from 'zod';
import { passwordAttempt } from '../../text/text';
import { noContent, type Endpoint } from '../endpoint';

export const deleteMe = {
  method: 'DELETE',
  path: '/api/users/me',
  summary:
    'Delete one’s account for good. The name is free again; groups are left; direct conversations stay, for the other, and take nothing more.',
  body: z.object({
    password: passwordAttempt
      .optional()
      .meta({ description: 'Only users who sign in elsewhere need none.' }),
    erase_messages: z.boolean().default(false).meta({
      description:
        'Whether everything that one wrote becomes tombstones. Else it stays, as the history of the others.',
    }),
  }),
  answers: { 204: noContent },
  refusals: ['ValidationError', 'ForbiddenError'],
} as const satisfies Endpoint;
