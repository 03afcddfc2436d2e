import * as z from 'zod';
import { BATCH_MAX } from '../../limits';
import { messageSchema } from '../../entities/message';
import type { EventDefinition } from '../event';

/** Replaces single events when several entries are due, for clients that connect with `auth.batch`. */
export const messagesReceived = {
  name: 'chat:messages_received',
  summary: 'Several entries, in seq order within each conversation.',
  data: z.object({ messages: z.array(messageSchema).min(1).max(BATCH_MAX) }),
} as const satisfies EventDefinition;

export type MessagesReceived = z.output<typeof messagesReceived.data>;
