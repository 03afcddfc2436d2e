import * as z from 'zod';
import { passwordAttempt } from '../../text/text';
import { noContent, type Endpoint } from '../endpoint';

export const deleteMe = {
  method: 'DELETE',
  path: '/api/users/me',
  summary:
    'Delete the account permanently. The name becomes free, groups are left, and direct conversations stay with the other person but take no more messages.',
  body: z.object({
    password: passwordAttempt
      .optional()
      .meta({ description: 'Not needed for users of another issuer.' }),
    erase_messages: z.boolean().default(false).meta({
      description:
        'Whether all messages of the user become tombstones. Otherwise they stay in the history of the others.',
    }),
  }),
  answers: { 204: noContent },
  refusals: ['ValidationError', 'ForbiddenError'],
} as const satisfies Endpoint;
