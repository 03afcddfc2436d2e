import {
  readMe,
  refresh,
  type Session as SessionAnswer,
  sessionSchema,
  UnauthorizedError,
  type User,
} from '@chasqui/protocol';
import type { Clock } from '../scheduling/clock';
import { request } from '../transport/request';
import { OfflineError } from '../errors';
import { tokenLifetime } from './tokenLifetime';
import type { StoredSession } from './storedSession';

/** Short-lived credentials of a user. */
export interface Tokens extends Pick<SessionAnswer, 'user' | 'access_token' | 'expires_in'> {
  /** Missing for tokens of an external issuer. */
  readonly refresh_token?: string | undefined;
}

/**
 * Gets new tokens for a session. Throws UnauthorizedError when the session has ended, OfflineError or UnavailableError
 * when the issuer cannot be reached.
 */
export type Renewal = (session: StoredSession) => Promise<Tokens>;

/** Renews with the refresh token of the last response. */
export function refreshTokenRenewal(url: string): Renewal {
  return async ({ refresh_token }) => {
    if (refresh_token === undefined) throw new UnauthorizedError();
    return request(url, refresh, sessionSchema, { body: { refresh_token } });
  };
}

/** Returns a fresh token of the embedding application; null when nobody is signed in there. */
export type GetToken = () => Promise<string | null>;

/** Gets a token from the application and its user from the server. Throws like a Renewal. */
export function externalTokens(
  getToken: GetToken,
  url: string,
  clock: Clock,
): { first: () => Promise<Tokens>; renew: Renewal } {
  async function first(): Promise<Tokens> {
    const token = await callGetToken(getToken);
    if (token === null) throw new UnauthorizedError();
    const user: User = await request(url, readMe, readMe.answers[200], { token });
    return { user, access_token: token, expires_in: tokenLifetime(token, clock.now()) };
  }
  return {
    first,
    async renew({ user }) {
      const tokens = await first();
      // A different user has signed in to the application; this client's data is not theirs.
      if (tokens.user.id !== user.id) throw new UnauthorizedError();
      return tokens;
    },
  };
}

/** Treats every error of the application as transient: only null ends the session. */
async function callGetToken(getToken: GetToken): Promise<string | null> {
  try {
    return await getToken();
  } catch (cause) {
    throw new OfflineError('getToken failed', { cause });
  }
}
