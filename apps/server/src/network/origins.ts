import type { IncomingMessage } from 'node:http';
import type { CorsOptions } from 'cors';
import { type HostAndPort, parseHost } from './hostNames';

/** Which web pages may talk to this service. */
export interface Origins {
  /**
   * For REST and sockets: pages of listed origins, compared as a whole, may ask with a bearer token and read the
   * answers. Never with credentials: there are no cookies.
   */
  readonly cors: CorsOptions;
  /** Whether a socket may be opened: no Origin (no browser), this host's own, or a listed one. */
  admits(request: IncomingMessage): boolean;
}

interface Options {
  /** As browsers write them, `https://chat.example.org`. */
  listed: string[];
  isProxy: (address: string) => boolean;
}

/** Longer than any origin that a browser sends. */
const ORIGIN_MAX = 300;

export function createOrigins({ listed, isProxy }: Options): Origins {
  return {
    cors: {
      origin: listed,
      methods: ['GET', 'POST', 'PATCH', 'DELETE'],
      allowedHeaders: ['Authorization', 'Content-Type'],
      exposedHeaders: ['Retry-After'],
      credentials: false,
      maxAge: 600,
    },
    admits(request) {
      const { origin } = request.headers;
      if (origin === undefined || listed.includes(origin)) return true;
      // Browsers say so themselves where they know it, and no page can set this header.
      if (request.headers['sec-fetch-site'] === 'same-origin') return true;
      if (origin.length > ORIGIN_MAX || !URL.canParse(origin)) return false;
      return isOwn(new URL(origin), request, isProxy(request.socket.remoteAddress ?? ''));
    },
  };
}

/**
 * Whether the page came from this host. Proxies pass the name on in Host or X-Forwarded-Host, and many lose the port on
 * the way or write the one on which they listen themselves, so behind a trusted one the name alone counts.
 */
function isOwn(origin: URL, { headers }: IncomingMessage, isBehindProxy: boolean): boolean {
  const { name, port } = parseHost(origin.host);
  if (name === '') return false;
  const own = [headers.host ?? ''];
  if (isBehindProxy) own.push(...String(headers['x-forwarded-host'] ?? '').split(','));
  const isSame = (host: HostAndPort): boolean =>
    host.name === name && (isBehindProxy || isSamePort(port, host.port, origin.protocol));
  return own.map(parseHost).some(isSame);
}

/** Browsers leave out the port of the scheme, proxies may write it. */
function isSamePort(page: string | undefined, host: string | undefined, protocol: string): boolean {
  const standard = protocol === 'https:' ? '443' : '80';
  return (page ?? standard) === (host ?? standard);
}
