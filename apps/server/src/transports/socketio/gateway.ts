import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { ChatCore } from '@chasqui/core';
import type { Log } from '@chasqui/foundation';
import type { Identity, SecurityLog } from '@chasqui/identity';
import type {
  ByteBudget,
  ConnectionQuota,
  Bulkheads,
  Limits,
  Quotas,
  TrafficShaper,
} from '@chasqui/limits';
import type { PresenceTracker } from '@chasqui/presence';
import { MAX_FRAME_BYTES } from '@chasqui/protocol';
import { Server } from 'socket.io';
import type { ClientAddress } from '../../network/clientAddress';
import type { ErrorReporter } from '../../observability/errorReporter';
import type { Origins } from '../../network/origins';
import { admitByTurns } from './guard/admission';
import { createAnswers } from './commands/answers';
import type { ChatServer, ChatSocket } from './chatServer';
import { createDispatch } from './commands/dispatch';
import type { ClientConnections } from '../../connections/clientConnections';
import { type ConnectionGate, createUpgradeGate } from '../../connections/connectionGate';
import { onAuthRefresh } from './commands/handlers/authRefresh';
import { onMessageDelivered } from './commands/handlers/messageDelivered';
import { onMessageRead } from './commands/handlers/messageRead';
import { onMessageSend } from './commands/handlers/messageSend';
import { onPresenceOffline } from './commands/handlers/presenceOffline';
import { onPresenceOnline } from './commands/handlers/presenceOnline';
import { onSync } from './commands/handlers/sync';
import { onTyping } from './commands/handlers/typing';
import { createHandshake } from './handshake';
import { dropRequest } from './internals/engineIo';
import { dropHandshakeData, receiveCommands } from './internals/socketIo';
import { createPollGuard } from './guard/pollGuard';
import { watchTransports } from './guard/transportWatch';

export interface SocketGatewayDeps {
  httpServer: HttpServer;
  /** Prefixes the ids of engine sessions, followed by a hyphen. */
  nodeName: string | undefined;
  identity: Pick<Identity, 'authenticate'>;
  core: Pick<ChatCore, 'connections' | 'sync'>;
  clients: ClientConnections;
  presence: PresenceTracker;
  origins: Pick<Origins, 'cors'>;
  /** Whether the page that sent the request, if any, may open a socket. */
  admitsPage: (request: IncomingMessage) => boolean;
  addressOf: ClientAddress;
  limits: Limits;
  quotas: Quotas;
  gate: ConnectionGate;
  userConnectionQuota: ConnectionQuota;
  addressConnectionQuota: ConnectionQuota;
  bulkheads: Bulkheads;
  /** Unsent bytes of the node, shared with REST responses. */
  unsent: ByteBudget;
  /** Bytes of frames and bodies that are incomplete. */
  unread: ByteBudget;
  traffic: TrafficShaper;
  log: Log;
  failed: ErrorReporter;
  securityLog: Pick<SecurityLog, 'count'>;
}

/** The Socket.IO server. */
export interface SocketGateway {
  /** Closes all connections. Clients reconnect by themselves, to any node. */
  close(): Promise<void>;
}

export function createSocketGateway(deps: SocketGatewayDeps): SocketGateway {
  const { core, presence, origins, failed } = deps;
  const answers = createAnswers({ late: (error, command) => failed(error, { command }) });
  const watch = watchTransports(deps);
  const dispatch = createDispatch(
    [
      onMessageSend(failed, deps.quotas),
      onMessageDelivered,
      onMessageRead,
      onTyping(core),
      onSync(core),
      onPresenceOnline(presence),
      onPresenceOffline(presence),
      onAuthRefresh(deps.identity),
    ],
    {
      answers,
      failed,
      limits: deps.limits,
      bulkheads: deps.bulkheads,
      securityLog: deps.securityLog,
    },
  );

  const server: ChatServer = new Server(deps.httpServer, {
    serveClient: false,
    // The upgrade gate refuses all paths but those of the transports.
    destroyUpgrade: false,
    cors: origins.cors,
    // Limits are checked before this: for an upgrade on admission, for a poll in the poll guard.
    allowRequest: (request, decide) => decide(null, deps.admitsPage(request)),
    maxHttpBufferSize: MAX_FRAME_BYTES,
    wsEngine: watch.webSocketEngine,
    perMessageDeflate: false,
    httpCompression: false,
    // An engine connection that does not finish its handshake is closed.
    connectTimeout: 10_000,
    // A client that vanished is detected within 18 s; a crash has to show within 30 s (D10).
    pingInterval: 10_000,
    pingTimeout: 8_000,
  });

  server.engine.use(createPollGuard({ ...deps, watch }));

  const { nodeName } = deps;
  if (nodeName !== undefined) {
    // A load balancer routes the requests of a long-polling session by this prefix.
    server.engine.generateId = () => `${nodeName}-${randomBytes(15).toString('base64url')}`;
  }

  // An engine connection counts from the start, authenticated or not.
  server.engine.on('connection', (conn: ChatSocket['conn']) => {
    const release = deps.addressConnectionQuota.take(deps.addressOf(conn.request));
    watch.watch(conn);
    conn.once('close', release);
  });

  admitByTurns(deps.httpServer, createUpgradeGate(deps));

  server.use(createHandshake({ ...deps, watch }));

  server.on('connection', (socket) => {
    const { accepted } = socket.data;
    if (accepted === undefined) {
      socket.disconnect(true);
      return;
    }
    const { connection, answer } = accepted;
    watch.accept(socket.conn, connection);
    connection.begin();
    // Nothing reads the request and the handshake data again.
    dropHandshakeData(socket);
    dropRequest(socket.conn);
    receiveCommands(socket, (event, data, packetId) => {
      const acknowledge =
        packetId === undefined ? undefined : (result: object) => answer(packetId, result);
      dispatch(connection, event, data, acknowledge);
    });
    socket.once('disconnect', () => {
      connection.end();
      // There is only one namespace, so without it the engine connection would only use memory.
      socket.conn.close();
    });
  });

  return {
    async close() {
      watch.stop();
      answers.stop();
      await server.close();
    },
  };
}
