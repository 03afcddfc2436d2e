import { isIP } from 'node:net';

/** A host as a Host header or an origin names it. */
export interface HostAndPort {
  /** Lower case, without the dot at the end; an IPv6 address without its brackets. */
  name: string;
  /** Undefined where none is written. */
  port: string | undefined;
}

/** Splits `name`, `name:port`, `1.2.3.4:port` and `[::1]:port`. What is malformed becomes a name that matches nothing. */
export function parseHost(text: string): HostAndPort {
  const host = text.trim().toLowerCase();
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  const whole = end <= 0 ? host : host.slice(0, end);
  const port = end <= 0 ? '' : host.slice(end + 1);
  const name = whole.startsWith('[') ? whole.slice(1, -1) : whole;
  return { name: name.endsWith('.') ? name.slice(0, -1) : name, port: port || undefined };
}

/** `localhost`, its subdomains and addresses: no name server can make them point elsewhere. */
export function needsNoNameServer(name: string): boolean {
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost');
}
