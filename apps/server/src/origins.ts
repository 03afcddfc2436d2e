import type { IncomingMessage } from 'node:http';

/** Which web pages may talk to this service. */
export interface Origins {
  /** Pages of other origins that may, as browsers write them: `https://chat.example.org`. */
  readonly listed: string[];
  /** Whether a socket may be opened: no Origin (no browser), this host's own, or a listed one. */
  admits(request: IncomingMessage): boolean;
}

export function createOrigins(listed: string[]): Origins {
  return {
    listed,
    admits({ headers }) {
      const { origin, host } = headers;
      if (origin === undefined || listed.includes(origin)) return true;
      return URL.canParse(origin) && new URL(origin).host === host;
    },
  };
}
