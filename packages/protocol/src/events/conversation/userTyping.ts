import * as z from 'zod';
import { uuid } from '../../values/ids';
import { username } from '../../text/text';
import { timestamp } from '../../values/time';
import type { EventDefinition } from '../event';

/** Never queued. Expires after TYPING_EXPIRES_MS unless repeated (D10). */
export const userTyping = {
  name: 'chat:user_typing',
  summary: 'A participant is typing, or has stopped.',
  data: z.object({
    conversationId: uuid,
    userId: uuid,
    username,
    isTyping: z.boolean(),
    timestamp,
  }),
} as const satisfies EventDefinition;

export type UserTyping = z.output<typeof userTyping.data>;
