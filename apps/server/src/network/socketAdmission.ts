import type { IncomingMessage } from 'node:http';
import type { Log } from '@chasqui/foundation';
import type { Hosts } from './hosts';
import type { Origins } from './origins';

const LOG_EVERY_MS = 60_000;
/** Characters of a header that are logged: strangers write them. */
const SHOWN_MAX = 200;

interface Deps {
  hosts: Hosts;
  origins: Origins;
  log: Log;
  /** Milliseconds of a clock that is never set back. */
  now: () => number;
}

/**
 * Whether a socket may be opened by the page that asks. A refusal is logged with the setting that would change it, once
 * a minute at most: behind a proxy that rewrites Host, pages load and every socket is refused, and browsers show no reason.
 */
export function createSocketAdmission({ hosts, origins, log, now }: Deps) {
  let loggedAt = -Infinity;

  function refuse(message: string, { headers, socket }: IncomingMessage): void {
    if (now() - loggedAt < LOG_EVERY_MS) return;
    loggedAt = now();
    const shown = (value: unknown): string | undefined =>
      typeof value === 'string' ? value.slice(0, SHOWN_MAX) : undefined;
    const fields = {
      origin: shown(headers.origin),
      host: shown(headers.host),
      forwardedHost: shown(headers['x-forwarded-host']),
      remoteAddress: socket.remoteAddress,
    };
    log.warn(fields, message);
  }

  return (request: IncomingMessage): boolean => {
    if (!hosts.admits(request)) {
      refuse('refused a socket: the name in Host is not ours. See ALLOWED_HOSTS', request);
      return false;
    }
    if (origins.admits(request)) return true;
    refuse(
      'refused a socket: its Origin is neither this Host nor listed. ' +
        'Behind a proxy set TRUST_PROXY and let it pass on Host or X-Forwarded-Host, ' +
        'for pages of other hosts set CORS_ORIGINS',
      request,
    );
    return false;
  };
}
