import { acknowledgement } from './acknowledgement';
import { noAnswer, type Command } from './command';

/** A device has it, and all before it in that conversation; it will not be sent again to this device (D4). */
export const messageDelivered = {
  name: 'chat:message_delivered',
  summary: 'Acknowledge for this device all entries up to this one.',
  data: acknowledgement,
  answer: noAnswer,
} as const satisfies Command;
