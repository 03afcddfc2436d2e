import { noAnswer, noData, type Command } from './command';

/** Reverts `presence:offline`. Connecting has the same effect (D10). */
export const presenceOnline = {
  name: 'presence:online',
  summary: 'Show this connection as online. Connecting has the same effect.',
  data: noData,
  answer: noAnswer,
} as const satisfies Command;
