import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createBuckets, type Limits, type ConnectionQuota } from '@chasqui/limits';
import { type ErrorBody, RateLimitError } from '@chasqui/protocol';
import type { ClientAddress } from '../network/clientAddress';

/**
 * Who may begin a handshake, judged by the address before anything is made for the connection. The first who are refused
 * are let in far enough to be told by name (`connect_error` with RateLimitError), which costs no look into
 * PostgreSQL; an address that goes on is refused by a line of HTTP.
 */
export interface ConnectionGate {
  /** False: answered with 429 and ended. */
  admits(request: IncomingMessage): 'yes' | 'to be told' | 'no';
  /** Milliseconds to wait for a request that was let in to be told so, else 0. */
  refusal(request: IncomingMessage): number;
}

/** How many an address may be told by name. */
const TOLD = { perSecond: 20, burst: 200 };
/** A place may become free at any time. */
export const FULL_WAIT_MS = 10_000;

interface Deps {
  limits: Limits;
  places: ConnectionQuota;
  addressOf: ClientAddress;
  now: () => number;
}

export function createConnectionGate({ limits, places, addressOf, now }: Deps): ConnectionGate {
  const refused = new WeakMap<IncomingMessage, number>();
  const told = createBuckets({ rate: TOLD, onDue: () => told.unreported() });
  return {
    admits(request) {
      const address = addressOf(request);
      const waitMs =
        limits.take('connect', null, address) || (places.isFull(address) ? FULL_WAIT_MS : 0);
      if (waitMs === 0) return 'yes';
      if (told.waitMs(address, now()) > 0) return 'no';
      told.take(address, now());
      refused.set(request, waitMs);
      return 'to be told';
    },
    refusal: (request) => refused.get(request) ?? 0,
  };
}

/** For RATE_LIMIT=off. */
export const openGate: ConnectionGate = { admits: () => 'yes', refusal: () => 0 };

/** The session of the transport that a request goes on with, as Engine.IO reads it; undefined when it begins one. */
export function sessionIdOf({ url = '' }: IncomingMessage): string | undefined {
  // Of several the last one counts, and an empty one is none.
  const last = new URL(url, 'http://localhost').searchParams.getAll('sid').at(-1);
  return last === '' ? undefined : last;
}

const COME_AGAIN_S = FULL_WAIT_MS / 1_000;

/** Refuses a handshake by polling, which may be a browser's: it is told what REST would tell it. */
export function refusePoll(response: ServerResponse): void {
  const error = new RateLimitError(COME_AGAIN_S, 'too many connections');
  response.writeHead(429, {
    ...{ 'Content-Type': 'application/json', 'Retry-After': COME_AGAIN_S, Connection: 'close' },
  });
  response.end(JSON.stringify({ error: error.toWire() } satisfies ErrorBody));
}

const SOCKET_PATH = '/socket.io/';

/**
 * Whether an upgrade may go on; refuses by itself. One that goes on with a polling session counts as a request of it,
 * one to anywhere else is ended: nobody would ever close it.
 */
export function createUpgradeGate({ gate, limits, addressOf }: UpgradeGateDeps) {
  return (request: IncomingMessage, socket: Duplex): boolean => {
    if (request.url?.startsWith(SOCKET_PATH) !== true)
      return refuseUpgrade(socket, '404 Not Found');
    const isRefused =
      sessionIdOf(request) === undefined
        ? gate.admits(request) === 'no'
        : limits.take('poll', null, addressOf(request)) > 0;
    if (!isRefused) return true;
    return refuseUpgrade(socket, `429 Too Many Requests\r\nRetry-After: ${COME_AGAIN_S}`);
  };
}

interface UpgradeGateDeps {
  gate: ConnectionGate;
  limits: Limits;
  addressOf: ClientAddress;
}

/** Refuses an upgrade with as little as there is. */
function refuseUpgrade(socket: Duplex, status: string): false {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
  return false;
}
