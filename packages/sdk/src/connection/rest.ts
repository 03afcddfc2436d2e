import { UnauthorizedError } from '@pern/protocol/errors';
import type { Endpoint } from '@pern/protocol/rest/endpoint';
import type * as z from 'zod';
import type { Session } from '../session/session';
import { type Ask, request } from './request';

/** REST in the name of whoever is signed in. */
export interface Rest {
  /** Throws SignedOutError, OfflineError, or the error of the contract that the server sent. */
  call<S extends z.ZodType>(
    endpoint: Pick<Endpoint, 'method' | 'path'>,
    answer: S,
    ask?: Omit<Ask, 'token'>,
  ): Promise<z.output<S>>;
}

/** A token that is turned away is refreshed once; turned away again, the error is the caller's. */
export function createRest(
  baseUrl: string,
  session: Pick<Session, 'accessToken' | 'accessTokenInsteadOf'>,
): Rest {
  return {
    async call(endpoint, answer, ask = {}) {
      const token = await session.accessToken();
      try {
        return await request(baseUrl, endpoint, answer, { ...ask, token });
      } catch (error) {
        if (!(error instanceof UnauthorizedError)) throw error;
      }
      const other = await session.accessTokenInsteadOf(token);
      return request(baseUrl, endpoint, answer, { ...ask, token: other });
    },
  };
}
