import { noAnswer, noData, type Command } from './command';

/** The connection stays and is sent everything; it no longer makes its user look online (D10). */
export const presenceOffline = {
  name: 'presence:offline',
  summary: 'Show this connection as offline. The last disconnect does so by itself.',
  data: noData,
  answer: noAnswer,
} as const satisfies Command;
