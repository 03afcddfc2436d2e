import * as z from 'zod';
import { uuid } from '../../values/ids';
import { displayName, username } from '../../text/text';
import { timestamp } from '../../values/time';
import { noContent, type Endpoint } from '../endpoint';
import { paged, page, query } from '../query';

// For the instance's administrators. Everybody else is answered as if none of this existed (D9).

/** A recipient whose wake-up failed so often in a row that it was given up. */
export const deadLetterSchema = z
  .object({
    user: z.object({ id: uuid, username, display_name: displayName }),
    reason: z.string().meta({ description: 'What the last wake-up failed of.' }),
    attempts: z.int().min(0).meta({ description: 'Wake-ups tried.' }),
    errors: z.int().min(0).meta({ description: 'How many of them failed in a row, in the end.' }),
    waiting_since: timestamp,
    dead_at: timestamp,
  })
  .meta({ id: 'DeadLetter' });

export type DeadLetter = z.infer<typeof deadLetterSchema>;

export const listDeadLetters = {
  method: 'GET',
  path: '/api/admin/deliveries/dead',
  summary: 'Deliveries that were given up, latest first (administrators of the instance).',
  query: query(page),
  answers: { 200: paged({ deliveries: z.array(deadLetterSchema) }) },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

const params = z.object({ userId: uuid });

export const retryDeadLetter = {
  method: 'POST',
  path: '/api/admin/deliveries/:userId/retry',
  summary: 'Wake this user again, now and with a backoff that begins anew (administrators).',
  params,
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

export const purgeDeadLetter = {
  method: 'DELETE',
  path: '/api/admin/deliveries/:userId',
  summary:
    'Stop waking this user for what waits now (administrators). No message is lost: a device is sent everything when it connects, and the next message wakes again.',
  params,
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;
