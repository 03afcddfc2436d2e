import { noAnswer, noData, type Command } from './command';

/** The connection stays open and receives everything, but no longer counts as online (D10). */
export const presenceOffline = {
  name: 'presence:offline',
  summary: 'Show this connection as offline. The last disconnect has the same effect.',
  data: noData,
  answer: noAnswer,
} as const satisfies Command;
