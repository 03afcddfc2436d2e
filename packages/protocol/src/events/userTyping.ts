import * as z from 'zod';
import { uuid } from '../values/ids';
import { username } from '../text/text';
import { timestamp } from '../values/time';
import type { ServerEvent } from './event';

/** Never queued. Without another one it ends after TYPING_EXPIRES_MS (D10). */
export const userTyping = {
  name: 'chat:user_typing',
  summary: 'Somebody in this conversation is writing, or has stopped.',
  data: z.object({
    conversationId: uuid,
    userId: uuid,
    username,
    isTyping: z.boolean(),
    timestamp,
  }),
} as const satisfies ServerEvent;

export type UserTyping = z.output<typeof userTyping.data>;
