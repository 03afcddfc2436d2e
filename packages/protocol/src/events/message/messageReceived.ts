import type * as z from 'zod';
import { messageSchema } from '../../entities/message';
import type { EventDefinition } from '../event';

/** Sent in seq order to every device of every participant until it acknowledges (D3, D4). */
export const messageReceived = {
  name: 'chat:message_received',
  summary:
    'An entry of a conversation. It is sent again after a reconnect until it is acknowledged.',
  data: messageSchema,
} as const satisfies EventDefinition;

export type MessageReceived = z.output<typeof messageReceived.data>;
