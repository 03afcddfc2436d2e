import * as z from 'zod';
import { position, uuid } from '../values/ids';
import type { ServerEvent } from './event';

/** Reading on one device clears the others (D8). */
export const unreadUpdated = {
  name: 'chat:unread_updated',
  summary: 'The count of unread messages, to all devices of the user.',
  data: z.object({ conversationId: uuid, unreadCount: z.int().min(0), readSeq: position }),
} as const satisfies ServerEvent;

export type UnreadUpdated = z.output<typeof unreadUpdated.data>;
