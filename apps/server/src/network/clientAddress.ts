import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6, SocketAddress } from 'node:net';

/** The address a request comes from, for limits: an IPv6 network of 64 bits counts as one. */
export type ClientAddress = (request: IncomingMessage) => string;

/**
 * X-Forwarded-For is believed only as far as the proxies named in `trusted` (addresses or CIDR
 * ranges) wrote it; anybody can send the rest. Ports and brackets are dropped, since some proxies write them.
 */
export function createClientAddress(trusted: string[]): ClientAddress {
  const isProxy = createProxies(trusted);

  return (request) => {
    let address = parseAddress(request.socket.remoteAddress ?? '') ?? '';
    const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
    while (isProxy(address)) {
      const text = forwarded.pop();
      if (text === undefined) break;
      // An empty item is what a proxy leaves that appends to nothing.
      if (text.trim() === '') continue;
      const before = parseAddress(text);
      // `unknown` and other words: the last address that a proxy vouched for counts.
      if (before === undefined) break;
      address = before;
    }
    return isIPv6(address) ? network(address) : address;
  };
}

/** Whether an address, as a socket names it, is that of a trusted proxy. */
export function createProxies(trusted: string[]): (address: string) => boolean {
  const proxies = new BlockList();
  for (const entry of trusted) {
    const [written = '', bits] = entry.split('/');
    const address = bits === undefined ? (parseAddress(written) ?? written) : written;
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  return (remote) => {
    const address = parseAddress(remote);
    return address !== undefined && proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  };
}

/**
 * The address in its shortest form, without port, brackets and zone; an IPv4 address mapped into IPv6 is an IPv4
 * address. Undefined for anything else.
 */
export function parseAddress(text: string): string | undefined {
  const host = withoutPort(text.trim());
  if (isIP(host) === 4) return host;
  const [address = ''] = host.split('%');
  if (isIP(address) !== 6) return undefined;
  const short = new SocketAddress({ address, family: 'ipv6' }).address;
  const mapped = short.startsWith(MAPPED) ? short.slice(MAPPED.length) : '';
  return isIP(mapped) === 4 ? mapped : short;
}

const MAPPED = '::ffff:';

/** `1.2.3.4:5` and `[::1]:5` have a port, `::1` has none. */
function withoutPort(text: string): string {
  if (text.startsWith('[')) return text.includes(']') ? text.slice(1, text.indexOf(']')) : '';
  const [host = '', , ...more] = text.split(':', 3);
  return more.length === 0 ? host : text;
}

function network(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - last.length);
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...last];
  return `${all.slice(0, 4).join(':')}::/64`;
}
