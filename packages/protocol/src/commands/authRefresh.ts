import * as z from 'zod';
import { token } from '../text/text';
import { noAnswer, type Command } from './command';

/** Carries a living connection past the expiry of the token it began with; without one the server disconnects. */
export const authRefresh = {
  name: 'auth:refresh',
  summary: 'A fresh access token for this connection, before the old one expires.',
  data: z.object({ token }),
  answer: noAnswer,
} as const satisfies Command;

export type AuthRefresh = z.output<typeof authRefresh.data>;
