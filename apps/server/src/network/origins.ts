import type { IncomingMessage } from 'node:http';
import type { CorsOptions } from 'cors';
import { type HostAndPort, parseHost } from './hostNames';

/** Which web origins may use this service. */
export interface Origins {
  /**
   * For REST and sockets: pages from listed origins (exact match) may send bearer tokens and read
   * responses. Credentials stay off: there are no cookies.
   */
  readonly cors: CorsOptions;
  /**
   * Whether a socket may open: no Origin (not a browser), this host's own origin, or a listed one.
   */
  admits(request: IncomingMessage): boolean;
  /** Whether pages of this origin are named in the settings. */
  lists(origin: string): boolean;
}

interface Options {
  /** In the browser's notation, `https://chat.example.org`. */
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
      exposedHeaders: ['Retry-After', 'Link'],
      credentials: false,
      maxAge: 600,
    },
    lists: (origin) => listed.includes(origin),
    admits(request) {
      const { origin } = request.headers;
      if (origin === undefined || listed.includes(origin)) return true;
      // Browsers set this header themselves; pages cannot forge it.
      if (request.headers['sec-fetch-site'] === 'same-origin') return true;
      if (origin.length > ORIGIN_MAX || !URL.canParse(origin)) return false;
      return isOwn(new URL(origin), request, isProxy(request.socket.remoteAddress ?? ''));
    },
  };
}

/**
 * Whether the page was served by this host. Proxies forward the name in Host or X-Forwarded-Host
 * but often drop or replace the port, so behind a trusted proxy only the name is compared.
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

/** Browsers omit the scheme's default port; proxies may include it. */
function isSamePort(page: string | undefined, host: string | undefined, protocol: string): boolean {
  const standard = protocol === 'https:' ? '443' : '80';
  return (page ?? standard) === (host ?? standard);
}
