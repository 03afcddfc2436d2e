import type * as z from 'zod';
import { conversationForAllSchema } from '../../entities/conversation';
import type { EventDefinition } from '../event';

/** The same JSON for all participants, therefore without `my`. Not sent for a message (D7). */
export const conversationUpdated = {
  name: 'conversation:updated',
  summary: 'Title, participants, roles or settings changed. Not sent for a message.',
  data: conversationForAllSchema,
} as const satisfies EventDefinition;

export type ConversationUpdated = z.output<typeof conversationUpdated.data>;
