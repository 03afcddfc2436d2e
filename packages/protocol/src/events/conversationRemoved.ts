import * as z from 'zod';
import { uuid } from '../values/ids';
import type { ServerEvent } from './event';

/** To somebody who is no longer in it; nothing of it comes after this (D9). */
export const conversationRemoved = {
  name: 'conversation:removed',
  summary: 'The user is no longer in this conversation.',
  data: z.object({ conversationId: uuid }),
} as const satisfies ServerEvent;

export type ConversationRemoved = z.output<typeof conversationRemoved.data>;
