import * as z from 'zod';
import { uuid } from '../values/ids';
import { noAnswer, type Command } from './command';

/** Live only, never stored. Expires after TYPING_EXPIRES_MS (D10). */
export const typing = {
  name: 'chat:typing',
  summary: 'Report that the user is typing, repeated every few seconds, or has stopped.',
  data: z.object({ conversationId: uuid, isTyping: z.boolean() }),
  answer: noAnswer,
} as const satisfies Command;

export type Typing = z.output<typeof typing.data>;
