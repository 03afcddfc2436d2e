import type * as z from 'zod';
import { conversationForAllSchema } from '../entities/conversation';
import type { ServerEvent } from './event';

/** One JSON for everybody, hence without `my`. A send raises none (D7). */
export const conversationUpdated = {
  name: 'conversation:updated',
  summary: 'The title, the participants or their roles changed. A send raises none.',
  data: conversationForAllSchema,
} as const satisfies ServerEvent;

export type ConversationUpdated = z.output<typeof conversationUpdated.data>;
