import * as z from 'zod';
import { conversationSchema, retention } from '../../entities/conversation';
import { uuid } from '../../values/ids';
import { PARTICIPANT_IDS_MAX } from '../../limits';
import { listOf } from '../../values/list';
import { clientConversationId, title } from '../../text/text';
import type { Endpoint } from '../endpoint';
import { paged, page, query } from '../query';

export const createDirect = {
  method: 'POST',
  path: '/api/conversations/direct',
  summary: 'Create a direct conversation: 201, or 200 with the existing one.',
  body: z.object({ user_id: uuid }),
  answers: { 200: conversationSchema, 201: conversationSchema },
  refusals: ['ValidationError', 'ForbiddenError', 'NotFoundError'],
} as const satisfies Endpoint;

export const createGroup = {
  method: 'POST',
  path: '/api/conversations/group',
  summary:
    'Create a group. Its creator is admin, the others are members; people who must be asked first are invited. 200 with the existing group if its creator repeats a client_id.',
  body: z.object({
    title,
    participant_ids: listOf(uuid, PARTICIPANT_IDS_MAX).meta({
      description: "Repeated ids and the creator's own id count once.",
    }),
    client_id: clientConversationId.optional(),
  }),
  answers: { 200: conversationSchema, 201: conversationSchema },
  refusals: ['ValidationError', 'ForbiddenError', 'NotFoundError'],
} as const satisfies Endpoint;

export const listConversations = {
  method: 'GET',
  path: '/api/conversations',
  summary: "The user's conversations, most recent activity first.",
  query: query(page),
  answers: {
    200: paged({ conversations: z.array(conversationSchema) }),
  },
  refusals: ['ValidationError'],
} as const satisfies Endpoint;

const params = z.object({ id: uuid });

export const readConversation = {
  method: 'GET',
  path: '/api/conversations/:id',
  summary: 'A conversation, with up to 100 participants.',
  params,
  answers: { 200: conversationSchema },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

export const renameConversation = {
  method: 'PATCH',
  path: '/api/conversations/:id',
  summary:
    'Change the title of a group (admin, moderator), the retention of messages sent from now on (admin; in a direct conversation either person), or both atomically. With `apply_to_history` retention also applies to earlier messages; in a direct conversation once both have asked for it.',
  params,
  body: z
    .object({
      title: title.optional(),
      retention_s: retention.optional(),
      apply_to_history: z.boolean({ error: 'must be true or false' }).optional().meta({
        description:
          'Whether retention_s also applies to earlier messages. No message is kept longer than was set when it was sent.',
      }),
    })
    .check((context) => {
      const { title, retention_s, apply_to_history } = context.value;
      if (apply_to_history === true && (retention_s ?? null) === null) {
        const message = 'must be a number of seconds with apply_to_history';
        context.issues.push({
          code: 'custom',
          path: ['retention_s'],
          message,
          input: context.value,
        });
        return;
      }
      if (title !== undefined || retention_s !== undefined) return;
      const path = ['title'];
      context.issues.push({ code: 'custom', path, message: 'is missing', input: context.value });
    }),
  answers: { 200: conversationSchema },
  refusals: ['ValidationError', 'ForbiddenError', 'NotFoundError'],
} as const satisfies Endpoint;
