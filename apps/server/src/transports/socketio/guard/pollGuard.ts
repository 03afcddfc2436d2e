import { type IncomingMessage, ServerResponse } from 'node:http';
import type { ByteBudget, Limits } from '@chasqui/limits';
import { MAX_FRAME_BYTES } from '@chasqui/protocol';
import type { ClientAddress } from '../../../network/clientAddress';
import { HANDSHAKE_FRAME_BYTES } from './boundedWebSockets';
import { type ConnectionGate, refusePoll, sessionIdOf } from '../../../connections/connectionGate';
import { terminate } from '../wire/terminate';
import type { TransportWatch } from './transportWatch';

interface Deps {
  gate: ConnectionGate;
  limits: Limits;
  addressOf: ClientAddress;
  unread: ByteBudget;
  watch: TransportWatch;
}

/** Limit of a session's requests before its handshake is accepted. It needs three, and two more per refusal. */
const HANDSHAKE_REQUESTS = 32;
/** A request that exceeds the rate is held for at most this long, and at most two per session: one poll and one body. */
const HELD_MS = 5_000;
const HELD_MAX = 2;

/** A middleware of Engine.IO. */
type Guard = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: Error) => void,
) => void;

/** Limits the requests of long polling and their bodies. Upgrades are limited on admission (admission.ts). */
export function createPollGuard({ gate, limits, addressOf, unread, watch }: Deps): Guard {
  /** Reserves the bytes of a body in the node's budget until the response closes. */
  function reserve(request: IncomingMessage, response: ServerResponse, bytes: number): void {
    const account = unread.open(() => request.destroy());
    response.once('close', () => account.end());
    account.set(bytes);
  }

  return (request, response, next) => {
    // Engine.IO passes its own response object for an upgrade. The Upgrade header proves nothing: clients can forge it.
    if (!(response instanceof ServerResponse)) {
      next();
      return;
    }
    const sessionId = sessionIdOf(request);
    if (sessionId === undefined) {
      if (gate.admits(request) === 'no') refusePoll(response);
      else next();
      return;
    }
    const address = addressOf(request);
    const session = watch.ofSession(sessionId);
    if (session === undefined) {
      if (limits.take('poll', null, address) > 0) refusePoll(response);
      else next();
      return;
    }
    session.requests += 1;
    const isAccepted = session.guard.isAccepted();
    if (!isAccepted && session.requests > HANDSHAKE_REQUESTS) {
      refusePoll(response);
      terminate(session.conn);
      return;
    }
    if (request.method === 'POST') {
      const most = isAccepted ? MAX_FRAME_BYTES : HANDSHAKE_FRAME_BYTES;
      // A chunked body does not declare its length; Engine.IO stops reading at the limit.
      const bytes = Number(request.headers['content-length'] ?? most);
      if (!(bytes <= most)) {
        response.writeHead(413, { Connection: 'close' }).end();
        return;
      }
      reserve(request, response, bytes);
    }
    const waitMs = limits.take('poll', session.who?.userId ?? null, address);
    if (waitMs <= 0) {
      next();
      return;
    }
    if (session.held >= HELD_MAX) {
      refusePoll(response);
      return;
    }
    session.held += 1;
    setTimeout(
      () => {
        session.held -= 1;
        if (!response.destroyed) next();
      },
      Math.min(waitMs, HELD_MS),
    ).unref();
  };
}
