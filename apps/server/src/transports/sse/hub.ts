import type { IncomingMessage } from 'node:http';

export const HUB_PATH = '/.well-known/mercure';

/** For the discovery of the hub in any answer; relative to the URL that was asked for. */
export const HUB_LINK = `<${HUB_PATH}>; rel="mercure"`;

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
