import * as z from 'zod';
import { uuid } from '../ids';
import { messageSchema } from '../message';
import { emoji } from '../text';
import { noContent, type Endpoint } from './endpoint';

export const addReaction = {
  method: 'POST',
  path: '/api/messages/:messageId/reactions',
  summary: 'React to a message: 201, or 200 for a repeat; both with the message as it is now.',
  params: z.object({ messageId: uuid }),
  body: z.object({ emoji }),
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
