import { isIP } from 'node:net';

/** A host from a Host header or an origin. */
export interface HostAndPort {
  /** Lower case, without a trailing dot; IPv6 addresses without brackets. */
  name: string;
  /** Undefined if the text has none. */
  port: string | undefined;
}

/**
 * Splits `name`, `name:port`, `1.2.3.4:port` and `[::1]:port`. Malformed input yields a name that
 * matches nothing.
 */
export function parseHost(text: string): HostAndPort {
  const host = text.trim().toLowerCase();
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  const whole = end <= 0 ? host : host.slice(0, end);
  const port = end <= 0 ? '' : host.slice(end + 1);
  const name = whole.startsWith('[') ? whole.slice(1, -1) : whole;
  return { name: name.endsWith('.') ? name.slice(0, -1) : name, port: port || undefined };
}

/** `localhost`, its subdomains and IP addresses: DNS cannot redirect them. */
export function bypassesDns(name: string): boolean {
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost');
}
