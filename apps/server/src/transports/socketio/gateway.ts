import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { ChatCore } from '@chasqui/core';
import type { Bus } from '@chasqui/core/ports';
import type { Log } from '@chasqui/foundation';
import type { Identity, SecurityLog, SessionCache, SessionEndings } from '@chasqui/identity';
import type {
  ByteBudget,
  Lanes,
  Limits,
  RejectBackoff,
  ConnectionQuota,
  Quotas,
  TrafficShaper,
} from '@chasqui/limits';
import type { PresenceTracker } from '@chasqui/presence';
import { MAX_FRAME_BYTES, PROTOCOL } from '@chasqui/protocol';
import { Server } from 'socket.io';
import type { ClientAddress } from '../../network/clientAddress';
import type { ErrorReporter } from '../../observability/errorReporter';
import type { Origins } from '../../network/origins';
import { admitByTurns } from './admission';
import { createAnswers } from './answers';
import type { EventBudget } from '../../connections/eventBudget';
import type { ChatServer, ChatSocket } from './chatServer';
import { createDispatch } from './dispatch';
import type { Connection } from '../../connections/connection';
import { type ConnectionGate, createUpgradeGate } from '../../connections/connectionGate';
import { createExpiry } from '../../connections/expiry';
import { onAuthRefresh } from './handlers/authRefresh';
import { onMessageDelivered } from './handlers/messageDelivered';
import { onMessageRead } from './handlers/messageRead';
import { onMessageSend } from './handlers/messageSend';
import { onPresenceOffline } from './handlers/presenceOffline';
import { onPresenceOnline } from './handlers/presenceOnline';
import { onSync } from './handlers/sync';
import { onTyping } from './handlers/typing';
import { forgetHandshake } from './forgetHandshake';
import { createHandshake } from './handshake';
import { hearCommands } from './hearCommands';
import { createPollGuard } from './guard/pollGuard';
import { createConnectionRegistry } from '../../connections/registry';
import { guardSessions } from '../../connections/sessionGuard';
import { watchTransports } from './guard/transportWatch';

export interface RealtimeDeps {
  httpServer: HttpServer;
  /** Stands before the ids of sessions of the transport, and a hyphen. */
  nodeName: string | undefined;
  identity: Pick<Identity, 'authenticate'>;
  core: Pick<ChatCore, 'connections' | 'sync'>;
  presence: PresenceTracker;
  wakeups: Arrivals;
  sessionCache: SessionCache;
  endings: SessionEndings;
  bus: Bus;
  origins: Pick<Origins, 'cors'>;
  /** Whether the page that asks, if it is one, may open a socket. */
  admitsPage: (request: IncomingMessage) => boolean;
  addressOf: ClientAddress;
  limits: Limits;
  quotas: Quotas;
  gate: ConnectionGate;
  userConnectionQuota: ConnectionQuota;
  addressConnectionQuota: ConnectionQuota;
  rejectBackoff: RejectBackoff;
  lanes: Lanes;
  createBudget: () => EventBudget;
  /** Unsent bytes of the node, shared with the answers of REST. */
  unsent: ByteBudget;
  /** Bytes of frames and bodies that have not come whole. */
  unread: ByteBudget;
  traffic: TrafficShaper;
  log: Log;
  failed: ErrorReporter;
  securityLog: Pick<SecurityLog, 'count'>;
}

/** Whoever comes back need not wait for the alarm clock. */
export interface Arrivals {
  /** Begins the user's backoff anew. Never throws, never waits. */
  promote(userId: string): void;
}

/** The Socket.IO door onto the delivery path. */
export interface Realtime {
  /** Connections of this node. */
  connections(): number;
  /** Closes all of them; clients return by themselves, to whichever node takes them. */
  close(): Promise<void>;
}

export function createRealtime(deps: RealtimeDeps): Realtime {
  const { core, presence, origins, failed } = deps;
  const registry = createConnectionRegistry();
  const guard = guardSessions({ ...deps, registry });
  const answers = createAnswers({ late: (error, command) => failed(error, { command }) });
  const expiry = createExpiry();
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
    { answers, failed, limits: deps.limits, lanes: deps.lanes, securityLog: deps.securityLog },
  );

  const server: ChatServer = new Server(deps.httpServer, {
    serveClient: false,
    cors: origins.cors,
    // Whether it may enter at all was judged before: an upgrade when its turn came, a poll below.
    allowRequest: (request, decide) => decide(null, deps.admitsPage(request)),
    maxHttpBufferSize: MAX_FRAME_BYTES,
    wsEngine: watch.webSocketEngine,
    perMessageDeflate: false,
    httpCompression: false,
    // A transport that does not finish its handshake is closed.
    connectTimeout: 10_000,
    // A client that is gone without a word is noticed within 18 s; a crash has to show within 30 (D10).
    pingInterval: 10_000,
    pingTimeout: 8_000,
  });

  server.engine.use(createPollGuard({ ...deps, watch }));

  const { nodeName } = deps;
  if (nodeName !== undefined) {
    // A balancer tells by it where the requests of a long-polling session belong.
    server.engine.generateId = () => `${nodeName}-${randomBytes(15).toString('base64url')}`;
  }

  // A transport counts from its first moment, whether or not it ever says who it is.
  server.engine.on('connection', (conn: ChatSocket['conn']) => {
    const release = deps.addressConnectionQuota.take(deps.addressOf(conn.request));
    watch.watch(conn);
    conn.once('close', release);
  });

  admitByTurns(deps.httpServer, createUpgradeGate(deps));

  server.use(
    createHandshake({
      ...deps,
      ...{ guard, watch },
      prolong(connection, caller) {
        registry.link(connection, caller.sessionId);
        expiry.set(connection.socket, caller);
      },
    }),
  );

  server.on('connection', (socket) => {
    const { connection } = socket.data;
    if (connection === undefined) {
      socket.disconnect(true);
      return;
    }
    watch.accept(socket.conn, connection);
    begin(connection);
    forgetHandshake(socket);
    hearCommands(socket, (event, data, packetId) => dispatch(connection, event, data, packetId));
    socket.once('disconnect', () => {
      end(connection);
      // There is one namespace: a transport that has left it would cost memory and say nothing.
      socket.conn.close();
    });
  });

  function begin(connection: Connection): void {
    const { socket, userId, live, outlet } = connection;
    registry.add(connection);
    expiry.set(socket, connection);
    socket.emit('session:ready', { userId, deviceId: live.deviceId, protocol: PROTOCOL });
    outlet.open();
    presence.connected(userId, socket.id);
    live.start();
    deps.wakeups.promote(userId);
  }

  function end(connection: Connection): void {
    const { socket, userId, live } = connection;
    registry.remove(connection);
    expiry.clear(socket);
    live.close();
    presence.disconnected(userId, socket.id);
  }

  return {
    connections: () => registry.size(),
    async close() {
      guard.stop();
      watch.stop();
      answers.stop();
      await server.close();
    },
  };
}
