import type * as z from 'zod';
import { messageSchema } from '../../entities/message';
import type { EventDefinition } from '../event';

/** After an edit, a deletion or a reaction. Of two copies, the higher version wins (D7). */
export const messageUpdated = {
  name: 'chat:message_updated',
  summary: 'The current state of a message after an edit, a deletion, a reaction or its expiry.',
  data: messageSchema,
} as const satisfies EventDefinition;

export type MessageUpdated = z.output<typeof messageUpdated.data>;
