import type { IncomingMessage } from 'node:http';
import type { CorsOptions } from 'cors';

/** Which web pages may talk to this service. */
export interface Origins {
  /**
   * For both doors: pages of listed origins, compared as a whole, may ask with a bearer token and read the answers. Never
   * with credentials: there are no cookies.
   */
  readonly cors: CorsOptions;
  /** Whether a socket may be opened: no Origin (no browser), this host's own, or a listed one. */
  admits(request: IncomingMessage): boolean;
}

/** `listed`: as browsers write them, `https://chat.example.org`. */
export function createOrigins(listed: string[]): Origins {
  return {
    cors: {
      origin: listed,
      methods: ['GET', 'POST', 'PATCH', 'DELETE'],
      allowedHeaders: ['Authorization', 'Content-Type'],
      exposedHeaders: ['Retry-After'],
      credentials: false,
      maxAge: 600,
    },
    admits({ headers }) {
      const { origin, host } = headers;
      if (origin === undefined || listed.includes(origin)) return true;
      return URL.canParse(origin) && new URL(origin).host === host;
    },
  };
}
