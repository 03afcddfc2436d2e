import type { IncomingMessage } from 'node:http';
import type { Log } from '@chasqui/foundation';
import type { Hosts } from './hosts';
import type { Origins } from './origins';

const LOG_EVERY_MS = 60_000;
/** Logged characters per header: clients control the value. */
const SHOWN_MAX = 200;

interface Deps {
  hosts: Hosts;
  origins: Origins;
  log: Log;
  /** Milliseconds on a monotonic clock. */
  now: () => number;
}

/**
 * Decides whether a page may open a socket. Logs a refusal at most once a minute, with the setting
 * that would allow it: behind a proxy that rewrites Host, pages load but every socket fails, and
 * browsers show no reason.
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
      refuse('refused a socket: the Host header names another host. See ALLOWED_HOSTS', request);
      return false;
    }
    if (origins.admits(request)) return true;
    refuse(
      'refused a socket: its Origin is neither this host nor listed. ' +
        'Behind a proxy, set TRUST_PROXY and forward Host or X-Forwarded-Host; ' +
        'for pages on other hosts, set CORS_ORIGINS',
      request,
    );
    return false;
  };
}
