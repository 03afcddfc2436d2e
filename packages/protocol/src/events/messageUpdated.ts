import type * as z from 'zod';
import { messageSchema } from '../entities/message';
import type { ServerEvent } from './event';

/** After an edit, a deletion or a reaction; of two states the higher version wins (D7). */
export const messageUpdated = {
  name: 'chat:message_updated',
  summary: 'A message as it is now, after an edit, a delete or a reaction.',
  data: messageSchema,
} as const satisfies ServerEvent;

export type MessageUpdated = z.output<typeof messageUpdated.data>;
