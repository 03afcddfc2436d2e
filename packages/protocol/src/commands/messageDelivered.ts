import { acknowledgement } from './acknowledgement';
import { noAnswer, type Command } from './command';

/** The device has this entry and all earlier ones of the conversation; they are not sent to it again (D4). */
export const messageDelivered = {
  name: 'chat:message_delivered',
  summary: 'Acknowledge all entries up to this one for this device.',
  data: acknowledgement,
  answer: noAnswer,
} as const satisfies Command;
