import type * as z from 'zod';
import { conversationSchema } from '../entities/conversation';
import type { ServerEvent } from './event';

/** To each participant with their own `my`; also to somebody who is added later. */
export const conversationCreated = {
  name: 'conversation:created',
  summary: 'A conversation that the user is in from now on.',
  data: conversationSchema,
} as const satisfies ServerEvent;

export type ConversationCreated = z.output<typeof conversationCreated.data>;
