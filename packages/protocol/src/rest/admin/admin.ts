import * as z from 'zod';
import { uuid } from '../../values/ids';
import { displayName, username } from '../../text/text';
import { timestamp } from '../../values/time';
import { noContent, type Endpoint } from '../endpoint';
import { paged, page, query } from '../query';

// For administrators of the instance. Everybody else gets 404 (D9).

/** A recipient whose wake-ups failed too often in a row. */
export const deadLetterSchema = z
  .object({
    user: z.object({ id: uuid, username, display_name: displayName }),
    reason: z.string().meta({ description: 'Why the last wake-up failed.' }),
    attempts: z.int().min(0).meta({ description: 'Attempted wake-ups.' }),
    errors: z.int().min(0).meta({ description: 'How many of the last ones failed in a row.' }),
    waiting_since: timestamp,
    dead_at: timestamp,
  })
  .meta({ id: 'DeadLetter' });

export type DeadLetter = z.infer<typeof deadLetterSchema>;

export const listDeadLetters = {
  method: 'GET',
  path: '/api/admin/deliveries/dead',
  summary: 'Dead deliveries, latest first (administrators).',
  query: query(page),
  answers: { 200: paged({ deliveries: z.array(deadLetterSchema) }) },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

const params = z.object({ userId: uuid });

export const retryDeadLetter = {
  method: 'POST',
  path: '/api/admin/deliveries/:userId/retry',
  summary: 'Retry this user’s wake-ups now, with a fresh backoff (administrators).',
  params,
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

export const purgeDeadLetter = {
  method: 'DELETE',
  path: '/api/admin/deliveries/:userId',
  summary:
    'Stop this user’s wake-ups for what is pending now (administrators). No message is lost: a connecting device receives everything, and the next message wakes again.',
  params,
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;
