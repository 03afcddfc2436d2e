import { randomInt } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '@chasqui/foundation';
import type { ByteBudget, ConnectionQuota } from '@chasqui/limits';
import type { WebSocket } from 'ws';
import { APP_PATH, type ConnectionGate } from '../../connections/connectionGate';
import type { ClientAddress } from '../../network/clientAddress';
import { createWebSocketEngine } from '../socketio/guard/boundedWebSockets';
import { checkHandshake } from './checkHandshake';
import { createSession, type Session, type SessionDeps } from './session/session';
import { BINARY_FRAME, type Closing } from './wire/closeCodes';
import { createPusherSocket } from './wire/pusherSocket';

export interface PusherGatewayDeps extends SessionDeps {
  httpServer: Server;
  /** The key of the app that clients connect to. */
  appKey: string;
  /** Whether the page that sent the request, if any, may open a socket. */
  admitsPage: (request: IncomingMessage) => boolean;
  addressOf: ClientAddress;
  gate: ConnectionGate;
  addressConnectionQuota: ConnectionQuota;
  unsent: ByteBudget;
  unread: ByteBudget;
  log: Log;
}

/** Pusher Channels over WebSockets: `/app/{key}`. */
export interface PusherGateway {
  /** The session of a connection to this node. */
  sessionOf(socketId: string): Session | undefined;
  /** Closes the connections of a user; they may come back. */
  closeUser(userId: string, closing: Closing): void;
  /** Closes all connections. Clients reconnect by themselves, to any node. */
  close(): Promise<void>;
}

/** Interval at which the bytes in buffers are checked. */
const CHECK_EVERY_MS = 250;
const CHECKS_PER_TICK = 4;
const SOCKET_ID_PART_MAX = 2 ** 47;

/** Attach it before the upgrades are admitted by turns (admission.ts). */
export function createPusherGateway(deps: PusherGatewayDeps): PusherGateway {
  const { httpServer, addressOf, log } = deps;
  const sessions = new Map<string, Session>();
  const engine = new (createWebSocketEngine(() => undefined))({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
  });

  httpServer.on('upgrade', (request, connection, head) => {
    if (request.url?.startsWith(APP_PATH) !== true) return;
    engine.handleUpgrade(request, connection, head, (webSocket) => {
      accept(webSocket, request, connection);
    });
  });

  function accept(webSocket: WebSocket, request: IncomingMessage, connection: Duplex): void {
    const address = addressOf(request);
    const release = deps.addressConnectionQuota.take(address);
    const socketId = `${randomInt(SOCKET_ID_PART_MAX)}.${randomInt(SOCKET_ID_PART_MAX)}`;
    const socket = createPusherSocket({
      ...{ id: socketId, webSocket, connection, log },
      ...{ unsent: deps.unsent, unread: deps.unread },
      onClose() {
        release();
        sessions.get(socketId)?.end();
        sessions.delete(socketId);
      },
    });
    const refusal = refusalOf(request) ?? checkHandshake(request.url ?? '', deps.appKey);
    if (refusal !== undefined) {
      socket.close(refusal);
      return;
    }
    const session = createSession(deps, socket, address);
    sessions.set(socketId, session);
    webSocket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) webSocket.close(BINARY_FRAME);
      else session.receive(data.toString());
    });
  }

  function refusalOf(request: IncomingMessage): Closing | undefined {
    if (deps.gate.refusal(request) > 0) return 'overCapacity';
    return deps.admitsPage(request) ? undefined : 'foreignOrigin';
  }

  let checks = 0;
  const timer = setInterval(() => {
    checks += 1;
    for (const session of sessions.values()) {
      session.reportBytes();
      if (checks % CHECKS_PER_TICK === 0) session.tick();
    }
  }, CHECK_EVERY_MS);
  timer.unref();

  return {
    sessionOf: (socketId) => sessions.get(socketId),
    closeUser(userId, closing) {
      for (const session of sessions.values()) {
        if (session.userId() === userId) session.close(closing);
      }
    },
    async close() {
      clearInterval(timer);
      const ended = [...sessions.values()].map((session) => {
        session.close('reconnect');
        return session.ended;
      });
      await Promise.all(ended);
    },
  };
}
