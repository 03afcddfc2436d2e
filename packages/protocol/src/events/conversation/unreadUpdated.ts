import * as z from 'zod';
import { position, uuid } from '../../values/ids';
import type { EventDefinition } from '../event';

/** Reading on one device updates the others (D8). */
export const unreadUpdated = {
  name: 'chat:unread_updated',
  summary: "The number of unread messages. Sent to the user's own devices.",
  data: z.object({ conversationId: uuid, unreadCount: z.int().min(0), readSeq: position }),
} as const satisfies EventDefinition;

export type UnreadUpdated = z.output<typeof unreadUpdated.data>;
