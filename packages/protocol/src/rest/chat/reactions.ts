import * as z from 'zod';
import { uuid } from '../../values/ids';
import { messageSchema } from '../../entities/message';
import { emoji, reactionEmoji } from '../../text/text';
import { noContent, type Endpoint } from '../endpoint';
import { query } from '../query';

export const addReaction = {
  method: 'POST',
  path: '/api/messages/:messageId/reactions',
  summary:
    'React to a message: 201, or 200 for a repeat; both with the message as it is now. At most 10 reactions of one user and 20 different ones on a message.',
  params: z.object({ messageId: uuid }),
  body: z.object({ emoji: reactionEmoji }),
  answers: { 200: messageSchema, 201: messageSchema },
  refusals: ['ValidationError', 'ForbiddenError', 'NotFoundError'],
} as const satisfies Endpoint;

export const removeReaction = {
  method: 'DELETE',
  path: '/api/messages/:messageId/reactions/:emoji',
  summary: "Take one's reaction back; also when there is none.",
  params: z.object({ messageId: uuid, emoji }),
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

/**
 * The same with the reaction in the query. URL parsers remove the segments `.` and `..` from a path, so a reaction
 * that is such a text could not be taken back, and the request would go to another resource.
 */
export const removeReactionNamed = {
  method: 'DELETE',
  path: '/api/messages/:messageId/reactions',
  summary:
    "Take one's reaction back; also when there is none. For reactions that no path can hold.",
  params: z.object({ messageId: uuid }),
  query: query({ emoji }),
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;
