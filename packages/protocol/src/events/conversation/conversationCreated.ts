import type * as z from 'zod';
import { conversationSchema } from '../../entities/conversation';
import type { EventDefinition } from '../event';

/** To each participant with their own `my`, including participants added later. */
export const conversationCreated = {
  name: 'conversation:created',
  summary: 'The user is now a participant of this conversation.',
  data: conversationSchema,
} as const satisfies EventDefinition;

export type ConversationCreated = z.output<typeof conversationCreated.data>;
