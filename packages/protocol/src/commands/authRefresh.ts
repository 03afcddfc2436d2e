import * as z from 'zod';
import { token } from '../text/text';
import { noAnswer, type Command } from './command';

/** Extends a live connection beyond the expiry of its token. Without it the server disconnects. */
export const authRefresh = {
  name: 'auth:refresh',
  summary: 'Extend this connection with a fresh access token before the current one expires.',
  data: z.object({ token }),
  answer: noAnswer,
} as const satisfies Command;

export type AuthRefresh = z.output<typeof authRefresh.data>;
