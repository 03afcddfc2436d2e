import { type Endpoint, UnauthorizedError } from '@chasqui/protocol';
import type * as z from 'zod';
import type { Session } from '../session/session';
import { type RequestOptions, request } from './request';

/** REST requests as the signed-in user. */
export interface Rest {
  /** Throws SignedOutError, OfflineError, or the error the server sent. */
  call<S extends z.ZodType>(
    endpoint: Pick<Endpoint, 'method' | 'path'>,
    answer: S,
    options?: Omit<RequestOptions, 'token'>,
  ): Promise<z.output<S>>;
}

/** Refreshes a rejected token and repeats the request once. */
export function createRest(
  baseUrl: string,
  session: Pick<Session, 'accessToken' | 'accessTokenInsteadOf'>,
): Rest {
  return {
    async call(endpoint, answer, options = {}) {
      const token = await session.accessToken();
      try {
        return await request(baseUrl, endpoint, answer, { ...options, token });
      } catch (error) {
        if (!(error instanceof UnauthorizedError)) throw error;
      }
      const other = await session.accessTokenInsteadOf(token);
      return request(baseUrl, endpoint, answer, { ...options, token: other });
    },
  };
}
