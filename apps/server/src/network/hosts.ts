import type { IncomingMessage } from 'node:http';
import { needsNoNameServer, parseHost } from './hostNames';

/** Which names of this host requests may use. */
export interface Hosts {
  admits(request: IncomingMessage): boolean;
  /** Whether foreign names are refused at all. */
  readonly areChecked: boolean;
}

interface Options {
  /** ALLOWED_HOSTS: names, and `.example.org` for all names below it. */
  allowed: string[];
  /** Where the server listens. */
  bind: string;
  isProxy: (address: string) => boolean;
}

/**
 * A web page whose name was made to point at this host (DNS rebinding) asks with that name in Host. So names are
 * refused that are not in `allowed`; without `allowed` all but localhost, where the server listens on loopback only,
 * because then no other name can be meant. A trusted proxy decides by itself, addresses and localhost are always
 * admitted, and so is a request without Host.
 */
export function createHosts({ allowed, bind, isProxy }: Options): Hosts {
  const names = new Set(allowed.map((name) => parseHost(name).name));
  const domains = [...names].filter((name) => name.startsWith('.'));
  const areChecked = allowed.length > 0 || isLoopback(bind);
  names.add(parseHost(bind).name);

  return {
    areChecked,
    admits({ headers, socket }) {
      if (!areChecked || headers.host === undefined) return true;
      const { name } = parseHost(headers.host);
      if (names.has(name) || needsNoNameServer(name)) return true;
      if (domains.some((domain) => name.endsWith(domain))) return true;
      return isProxy(socket.remoteAddress ?? '');
    },
  };
}

function isLoopback(bind: string): boolean {
  return bind === 'localhost' || bind === '::1' || bind.startsWith('127.');
}
