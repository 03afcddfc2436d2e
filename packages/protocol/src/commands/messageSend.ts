import * as z from 'zod';
import { uuid } from '../values/ids';
import { briefMessageSchema, messageSchema, messageType } from '../entities/message';
import { clientMessageId, contentEncrypted } from '../text/text';
import type { Command } from './command';

/** Answered after the commit (D1). The same clientMessageId always yields the first message (D2). */
export const messageSend = {
  name: 'chat:message_send',
  summary:
    'Send a message. The answer comes after it is stored, in its position of the conversation.',
  data: z.object({
    conversationId: uuid,
    contentEncrypted,
    messageType: messageType.default('text'),
    clientMessageId: clientMessageId.optional(),
    replyToId: uuid.optional(),
  }),
  answer: z.object({
    message: z
      .union([messageSchema, briefMessageSchema])
      .meta({ description: 'Brief for clients that connect with `auth.brief`.' }),
  }),
} as const satisfies Command;

export type MessageSend = z.output<typeof messageSend.data>;
export type MessageSendAnswer = z.output<typeof messageSend.answer>;
