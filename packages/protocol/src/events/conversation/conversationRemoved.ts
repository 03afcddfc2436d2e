import * as z from 'zod';
import { uuid } from '../../values/ids';
import type { EventDefinition } from '../event';

/** To a participant who left or was removed. Nothing of the conversation follows (D9). */
export const conversationRemoved = {
  name: 'conversation:removed',
  summary: 'The user is no longer a participant of this conversation.',
  data: z.object({ conversationId: uuid }),
} as const satisfies EventDefinition;

export type ConversationRemoved = z.output<typeof conversationRemoved.data>;
