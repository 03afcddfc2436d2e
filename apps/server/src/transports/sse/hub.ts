import type { IncomingMessage } from 'node:http';

export const HUB_PATH = '/.well-known/mercure';

/** No path of this server is deeper. */
const DEPTH_MAX = 16;

/**
 * For the discovery of the hub in any answer. Relative to the URL that was asked for, because a proxy may have removed the
 * beginning of its path.
 */
export function hubLinkFor(url: string): string {
  const [path = ''] = url.split('?');
  const depth = Math.min(Math.max(0, path.split('/').length - 2), DEPTH_MAX);
  return `<${'../'.repeat(depth)}${HUB_PATH.slice(1)}>; rel="mercure"`;
}

/** The origin under which the client reached this server, to recognize absolute topics of it. */
export function originOf(
  { headers, socket }: IncomingMessage,
  isProxy: (address: string) => boolean,
): string {
  const isForwarded = isProxy(socket.remoteAddress ?? '');
  const protocol = isForwarded ? firstOf(headers['x-forwarded-proto']) : undefined;
  const host = (isForwarded ? firstOf(headers['x-forwarded-host']) : undefined) ?? headers.host;
  const origin = `${protocol === 'https' ? 'https' : 'http'}://${host ?? 'localhost'}`;
  return URL.canParse(origin) ? new URL(origin).origin : 'http://localhost';
}

function firstOf(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  return text?.split(',')[0]?.trim().toLowerCase();
}
