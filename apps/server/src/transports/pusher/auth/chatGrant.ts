import * as z from 'zod';
import { parseObject } from '../wire/clientFrame';

/**
 * What the authorization endpoint established about the caller. It travels in the signed data of a channel or a sign-in,
 * so that the connection needs no token. Names are short: a client keeps one per channel.
 */
export interface ChatGrant {
  readonly userId: string;
  readonly username: string;
  readonly sessionId: string;
  readonly deviceId: string | undefined;
  /** Deliver entries after this seq of the conversation instead of the device's position. */
  readonly since: number | undefined;
  /** When the access token expires, milliseconds since 1970. */
  readonly expiresAt: number;
}

const grantSchema = z.object({
  s: z.string(),
  d: z.string().optional(),
  n: z.int().min(0).optional(),
  e: z.number(),
});
const userInfoSchema = z.object({ username: z.string() });

function signedPart({ sessionId, deviceId, since, expiresAt }: ChatGrant) {
  return { s: sessionId, d: deviceId, n: since, e: expiresAt };
}

const userInfoOf = ({ username }: ChatGrant) => ({ username });

/** `channel_data` of a channel, for private channels too. */
export function channelDataOf(grant: ChatGrant): string {
  const { userId } = grant;
  return JSON.stringify({
    ...{ user_id: userId, user_info: userInfoOf(grant) },
    chasqui: signedPart(grant),
  });
}

/** `user_data` of a sign-in. */
export function userDataOf(grant: ChatGrant): string {
  const { userId } = grant;
  return JSON.stringify({
    ...{ id: userId, user_info: userInfoOf(grant) },
    chasqui: signedPart(grant),
  });
}

const channelDataSchema = z.object({
  ...{ user_id: z.string(), user_info: userInfoSchema, chasqui: grantSchema },
});
const userDataSchema = z.object({
  ...{ id: z.string(), user_info: userInfoSchema, chasqui: grantSchema },
});

/** Undefined unless the text, whose signature the caller has verified, is a grant of this server. */
export function parseChannelData(text: string): ChatGrant | undefined {
  const { data } = channelDataSchema.safeParse(parseObject(text));
  return data === undefined ? undefined : toGrant(data.user_id, data);
}

/** The same for a sign-in. */
export function parseUserData(text: string): ChatGrant | undefined {
  const { data } = userDataSchema.safeParse(parseObject(text));
  return data === undefined ? undefined : toGrant(data.id, data);
}

function toGrant(
  userId: string,
  {
    user_info,
    chasqui,
  }: { user_info: z.output<typeof userInfoSchema>; chasqui: z.output<typeof grantSchema> },
): ChatGrant {
  return {
    ...{ userId, username: user_info.username },
    ...{ sessionId: chasqui.s, deviceId: chasqui.d, since: chasqui.n, expiresAt: chasqui.e },
  };
}
