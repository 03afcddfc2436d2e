import type * as z from 'zod';
import { messageSchema } from '../entities/message';
import type { ServerEvent } from './event';

/** In the order of seq, to every device of every participant until it acknowledges (D3, D4). */
export const messageReceived = {
  name: 'chat:message_received',
  summary: 'An entry of a conversation. Acknowledge it, or it comes again after a reconnect.',
  data: messageSchema,
} as const satisfies ServerEvent;

export type MessageReceived = z.output<typeof messageReceived.data>;
