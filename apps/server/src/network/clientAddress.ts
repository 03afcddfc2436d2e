import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6, SocketAddress } from 'node:net';

/** The client address of a request, for limits. An IPv6 /64 network counts as one address. */
export type ClientAddress = (request: IncomingMessage) => string;

/**
 * X-Forwarded-For is trusted only for hops written by the proxies in `trusted` (addresses or CIDR
 * ranges); clients can forge the rest. Ports and brackets are stripped, since some proxies write
 * them.
 */
export function createClientAddress(trusted: string[]): ClientAddress {
  const isProxy = createProxies(trusted);

  return (request) => {
    let address = parseAddress(request.socket.remoteAddress ?? '') ?? '';
    const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
    while (isProxy(address)) {
      const text = forwarded.pop();
      if (text === undefined) break;
      // A proxy that appends to an empty header leaves an empty item.
      if (text.trim() === '') continue;
      const before = parseAddress(text);
      // `unknown` or another non-address: use the last address that a trusted proxy vouched for.
      if (before === undefined) break;
      address = before;
    }
    return isIPv6(address) ? network(address) : address;
  };
}

/** Whether a socket's remote address belongs to a trusted proxy. */
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
 * Normalizes an address: shortest form, without port, brackets and zone; IPv4-mapped IPv6 becomes
 * IPv4. Undefined for anything else.
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
