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
    'React to a message: 201, or 200 for a repeat, with the current message. At most 10 reactions per user and 20 different ones per message.',
  params: z.object({ messageId: uuid }),
  body: z.object({ emoji: reactionEmoji }),
  answers: { 200: messageSchema, 201: messageSchema },
  refusals: ['ValidationError', 'ForbiddenError', 'NotFoundError'],
} as const satisfies Endpoint;

export const removeReaction = {
  method: 'DELETE',
  path: '/api/messages/:messageId/reactions/:emoji',
  summary: "Remove one's reaction, if there is one.",
  params: z.object({ messageId: uuid, emoji }),
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

/**
 * The same with the reaction in the query. URL parsers remove the segments `.` and `..` from a path, so the request for
 * such a reaction would go to another resource.
 */
export const removeReactionNamed = {
  method: 'DELETE',
  path: '/api/messages/:messageId/reactions',
  summary: "Remove one's reaction, if there is one. For emoji that a path cannot carry.",
  params: z.object({ messageId: uuid }),
  query: query({ emoji }),
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;
