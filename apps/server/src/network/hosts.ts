import type { IncomingMessage } from 'node:http';
import { bypassesDns, parseHost } from './hostNames';

/** Which Host headers are accepted. */
export interface Hosts {
  admits(request: IncomingMessage): boolean;
  /** Whether any name is refused at all. */
  readonly areChecked: boolean;
}

interface Options {
  /** ALLOWED_HOSTS: names; `.example.org` covers all subdomains. */
  allowed: string[];
  /** The listen address. */
  bind: string;
  isProxy: (address: string) => boolean;
}

/**
 * Protects against DNS rebinding: a page whose name resolves to this host sends that name in Host.
 * Names not in `allowed` are refused. Without `allowed`, a server bound to loopback accepts only
 * localhost, since no other name can be legitimate. IP addresses, localhost, requests without Host
 * and requests from trusted proxies are always accepted.
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
      if (names.has(name) || bypassesDns(name)) return true;
      if (domains.some((domain) => name.endsWith(domain))) return true;
      return isProxy(socket.remoteAddress ?? '');
    },
  };
}

function isLoopback(bind: string): boolean {
  return bind === 'localhost' || bind === '::1' || bind.startsWith('127.');
}
