import { token } from '@pern/protocol/text';
import { userSchema } from '@pern/protocol/user';
import * as z from 'zod';

/** A session as it is stored. Whoever can read the storage can act as its user, until the session ends. */
export const storedSessionSchema = z.object({
  user: userSchema,
  access_token: token,
  /** None where tokens come from elsewhere. */
  refresh_token: token.optional(),
  /** By this machine's clock, in milliseconds since 1970. */
  expires_at: z.number(),
  renew_at: z.number(),
});

export type StoredSession = z.infer<typeof storedSessionSchema>;
