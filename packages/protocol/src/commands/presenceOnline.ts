import { noAnswer, noData, type Command } from './command';

/** Connecting says the same; this is for the way back from `presence:offline` (D10). */
export const presenceOnline = {
  name: 'presence:online',
  summary: 'Show this connection as online. Connecting does so by itself.',
  data: noData,
  answer: noAnswer,
} as const satisfies Command;
