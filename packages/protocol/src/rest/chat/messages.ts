import * as z from 'zod';
import { uuid } from '../../values/ids';
import { messageSchema, messageType } from '../../entities/message';
import { clientMessageId, contentEncrypted } from '../../text/text';
import { noContent, type Endpoint } from '../endpoint';
import { limit, query, wholeNumber } from '../query';

export const sendMessage = {
  method: 'POST',
  path: '/api/messages',
  summary: 'Send a message: 201, or 200 with the first one for a repeated client_message_id.',
  body: z.object({
    conversation_id: uuid,
    content_encrypted: contentEncrypted,
    message_type: messageType.default('text'),
    client_message_id: clientMessageId.optional(),
    reply_to_id: uuid.optional(),
  }),
  answers: { 200: messageSchema, 201: messageSchema },
  refusals: ['ValidationError', 'ForbiddenError', 'NotFoundError', 'ConflictError'],
} as const satisfies Endpoint;

export const readHistory = {
  method: 'GET',
  path: '/api/messages/:conversationId',
  summary: 'A page of history, ascending by seq; the newest page by default.',
  params: z.object({ conversationId: uuid }),
  query: query({
    limit,
    before_seq: wholeNumber(1, Number.MAX_SAFE_INTEGER)
      .optional()
      .meta({ description: 'The page that ends just before this seq.' }),
    after_seq: wholeNumber(0, Number.MAX_SAFE_INTEGER)
      .optional()
      .meta({ description: 'The page that begins just after this seq.' }),
    offset: wholeNumber(0, Number.MAX_SAFE_INTEGER)
      .optional()
      .meta({ description: 'Counts back from the newest. Paging by seq is faster and exact.' }),
  }),
  answers: { 200: z.object({ messages: z.array(messageSchema), has_more: z.boolean() }) },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

const params = z.object({ messageId: uuid });

export const editMessage = {
  method: 'PATCH',
  path: '/api/messages/:messageId',
  summary: 'Replace the content of a message (its sender).',
  params,
  body: z.object({ content_encrypted: contentEncrypted }),
  answers: { 200: messageSchema },
  refusals: ['ValidationError', 'ForbiddenError', 'NotFoundError'],
} as const satisfies Endpoint;

export const deleteMessage = {
  method: 'DELETE',
  path: '/api/messages/:messageId',
  summary: 'Leave a tombstone with its seq and no content (its sender, admin, moderator).',
  params,
  answers: { 204: noContent },
  refusals: ['ValidationError', 'ForbiddenError', 'NotFoundError'],
} as const satisfies Endpoint;
