import { token, userSchema } from '@chasqui/protocol';
import * as z from 'zod';

/** The stored form of a session. Anyone who can read the storage can act as its user until the session ends. */
export const storedSessionSchema = z.object({
  user: userSchema,
  access_token: token,
  /** Missing for tokens of an external issuer. */
  refresh_token: token.optional(),
  /** By the local clock, in milliseconds since 1970. */
  expires_at: z.number(),
  renew_at: z.number(),
});

export type StoredSession = z.infer<typeof storedSessionSchema>;
