import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createBuckets, type Limits, type ConnectionQuota } from '@chasqui/limits';
import { type ErrorBody, RateLimitError } from '@chasqui/protocol';
import type { ClientAddress } from '../network/clientAddress';

/**
 * Decides by address who may begin a handshake, before the connection uses any resources. The first refusals are a
 * `connect_error` with RateLimitError, without a query; after that, HTTP 429.
 */
export interface ConnectionGate {
  /**
   * `refuse by name`: the handshake begins and is refused with RateLimitError. `no`: answer with 429 and close.
   */
  admits(request: IncomingMessage): 'yes' | 'refuse by name' | 'no';
  /** Milliseconds to wait for a request to be refused by name, else 0. */
  refusal(request: IncomingMessage): number;
}

/** Rate of refusals by name per address. */
const REFUSED_BY_NAME = { perSecond: 20, burst: 200 };
/** Waiting time while the quota is exhausted; a connection may close at any time. */
export const FULL_WAIT_MS = 10_000;

interface Deps {
  limits: Limits;
  quota: ConnectionQuota;
  addressOf: ClientAddress;
  now: () => number;
}

export function createConnectionGate({ limits, quota, addressOf, now }: Deps): ConnectionGate {
  const refused = new WeakMap<IncomingMessage, number>();
  const named = createBuckets({ rate: REFUSED_BY_NAME, onDue: () => named.unreported() });
  return {
    admits(request) {
      const address = addressOf(request);
      const waitMs =
        limits.take('connect', null, address) || (quota.isFull(address) ? FULL_WAIT_MS : 0);
      if (waitMs === 0) return 'yes';
      if (named.waitMs(address, now()) > 0) return 'no';
      named.take(address, now());
      refused.set(request, waitMs);
      return 'refuse by name';
    },
    refusal: (request) => refused.get(request) ?? 0,
  };
}

/** For RATE_LIMIT=off. */
export const openGate: ConnectionGate = { admits: () => 'yes', refusal: () => 0 };

/** The polling session that a request belongs to, parsed as Engine.IO does; undefined when it begins one. */
export function sessionIdOf({ url = '' }: IncomingMessage): string | undefined {
  // The last of several counts, and an empty one counts as none.
  const last = new URL(url, 'http://localhost').searchParams.getAll('sid').at(-1);
  return last === '' ? undefined : last;
}

const RETRY_AFTER_S = FULL_WAIT_MS / 1_000;

/** Refuses a poll with the same response as REST, because it may come from a browser. */
export function refusePoll(response: ServerResponse): void {
  const error = new RateLimitError(RETRY_AFTER_S, 'too many connections');
  response.writeHead(429, {
    ...{ 'Content-Type': 'application/json', 'Retry-After': RETRY_AFTER_S, Connection: 'close' },
  });
  response.end(JSON.stringify({ error: error.toWire() } satisfies ErrorBody));
}

const SOCKET_PATH = '/socket.io/';
/** Pusher Channels: `/app/{key}`. */
export const APP_PATH = '/app/';

/**
 * Returns whether an upgrade may proceed, and answers those that may not. An upgrade of a polling session counts as one of
 * its requests. An upgrade to another path is refused, because nothing else would ever close it.
 */
export function createUpgradeGate({ gate, limits, addressOf }: UpgradeGateDeps) {
  return (request: IncomingMessage, socket: Duplex): boolean => {
    const { url = '' } = request;
    const isApp = url.startsWith(APP_PATH);
    if (!isApp && !url.startsWith(SOCKET_PATH)) return refuseUpgrade(socket, '404 Not Found');
    const isRefused =
      isApp || sessionIdOf(request) === undefined
        ? gate.admits(request) === 'no'
        : limits.take('poll', null, addressOf(request)) > 0;
    if (!isRefused) return true;
    return refuseUpgrade(socket, `429 Too Many Requests\r\nRetry-After: ${RETRY_AFTER_S}`);
  };
}

interface UpgradeGateDeps {
  gate: ConnectionGate;
  limits: Limits;
  addressOf: ClientAddress;
}

/** Refuses an upgrade with a status line only. */
function refuseUpgrade(socket: Duplex, status: string): false {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
  return false;
}
