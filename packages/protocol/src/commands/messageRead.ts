import { acknowledgement } from './acknowledgement';
import { noAnswer, type Command } from './command';

/** The user has read it, and all before it; clears the other devices too (D8), and acknowledges for this one. */
export const messageRead = {
  name: 'chat:message_read',
  summary: 'Read all entries up to this one, and acknowledge them for this device.',
  data: acknowledgement,
  answer: noAnswer,
} as const satisfies Command;
