import { UnauthorizedError } from '@pern/protocol/errors';
import { refresh, type Session as SessionAnswer, sessionSchema } from '@pern/protocol/rest/auth';
import { readMe } from '@pern/protocol/rest/users';
import type { User } from '@pern/protocol/user';
import type { Clock } from '../clock';
import { request } from '../connection/request';
import { OfflineError } from '../errors';
import { lifeOf } from './lifeOf';
import type { StoredSession } from './storedSession';

/** What shows who somebody is, for a while. */
export interface Tokens extends Pick<SessionAnswer, 'user' | 'access_token' | 'expires_in'> {
  /** None where tokens come from elsewhere. */
  readonly refresh_token?: string | undefined;
}

/**
 * Gets the next tokens of a session. Throws UnauthorizedError when there are none any more, OfflineError and
 * UnavailableError when nobody could be asked.
 */
export type Renewal = (session: StoredSession) => Promise<Tokens>;

/** With the refresh token of the last answer. */
export function renewalByRefresh(url: string): Renewal {
  return async ({ refresh_token }) => {
    if (refresh_token === undefined) throw new UnauthorizedError();
    return request(url, refresh, sessionSchema, { body: { refresh_token } });
  };
}

/** Gives a fresh token of the application that embeds the chat; null when nobody is signed in there. */
export type GetToken = () => Promise<string | null>;

/** Asks the application for a token, and the server whom it speaks for. Throws as a renewal does. */
export function tokensFrom(
  getToken: GetToken,
  url: string,
  clock: Clock,
): { first: () => Promise<Tokens>; renew: Renewal } {
  async function first(): Promise<Tokens> {
    const token = await asked(getToken);
    if (token === null) throw new UnauthorizedError();
    const user: User = await request(url, readMe, readMe.answers[200], { token });
    return { user, access_token: token, expires_in: lifeOf(token, clock.now()) };
  }
  return {
    first,
    async renew({ user }) {
      const tokens = await first();
      // Somebody else signed in to the application meanwhile: what is here is not theirs.
      if (tokens.user.id !== user.id) throw new UnauthorizedError();
      return tokens;
    },
  };
}

/** Whatever goes wrong there passes: only null says that there is nobody. */
async function asked(getToken: GetToken): Promise<string | null> {
  try {
    return await getToken();
  } catch (cause) {
    throw new OfflineError('the application gave no token', { cause });
  }
}
