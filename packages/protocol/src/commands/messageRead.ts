import { acknowledgement } from './acknowledgement';
import { noAnswer, type Command } from './command';

/** The user has read this entry and all earlier ones. Updates the other devices (D8) and acknowledges for this one. */
export const messageRead = {
  name: 'chat:message_read',
  summary: 'Mark all entries up to this one as read, and acknowledge them for this device.',
  data: acknowledgement,
  answer: noAnswer,
} as const satisfies Command;
