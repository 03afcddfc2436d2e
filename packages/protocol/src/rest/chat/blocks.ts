import * as z from 'zod';
import { uuid } from '../../values/ids';
import { displayName, username } from '../../text/text';
import { timestamp } from '../../values/time';
import { noContent, type Endpoint } from '../endpoint';
import { paged, page, query } from '../query';

export const blockSchema = z
  .object({ user_id: uuid, username, display_name: displayName, created_at: timestamp })
  .meta({ id: 'Block' });

/** A user blocked by the current user. */
export type Block = z.infer<typeof blockSchema>;

const params = z.object({ id: uuid });

export const blockUser = {
  method: 'PUT',
  path: '/api/users/:id/block',
  summary:
    'Block a user: no direct messages, presence or typing between the two, in either direction. Groups continue.',
  params,
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

export const unblockUser = {
  method: 'DELETE',
  path: '/api/users/:id/block',
  summary: 'Remove a block, if there is one.',
  params,
  answers: { 204: noContent },
  refusals: ['ValidationError'],
} as const satisfies Endpoint;

export const listBlocks = {
  method: 'GET',
  path: '/api/blocks',
  summary: 'The users one has blocked, latest first. Nobody can see who has blocked them.',
  query: query(page),
  answers: { 200: paged({ blocks: z.array(blockSchema) }) },
  refusals: ['ValidationError'],
} as const satisfies Endpoint;
