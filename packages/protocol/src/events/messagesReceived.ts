import * as z from 'zod';
import { BATCH_MAX } from '../limits';
import { messageSchema } from '../entities/message';
import type { ServerEvent } from './event';

/** Instead of single ones wherever several are due, for clients that connect with `auth.batch`. */
export const messagesReceived = {
  name: 'chat:messages_received',
  summary: 'Several entries at once, in the order of seq within each conversation.',
  data: z.object({ messages: z.array(messageSchema).min(1).max(BATCH_MAX) }),
} as const satisfies ServerEvent;

export type MessagesReceived = z.output<typeof messagesReceived.data>;
