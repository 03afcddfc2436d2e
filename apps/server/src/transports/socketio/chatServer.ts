import type { ClientToServerEvents, ServerToClientEvents } from '@chasqui/protocol';
import type { DefaultEventsMap, Server, Socket } from 'socket.io';
import type { Connection } from '../../connections/connection';

/** What hangs on a socket once its handshake was accepted. */
export interface SocketData {
  connection?: Connection;
}

export type ChatServer = Server<
  ClientToServerEvents,
  ServerToClientEvents,
  DefaultEventsMap,
  SocketData
>;

export type ChatSocket = Socket<
  ClientToServerEvents,
  ServerToClientEvents,
  DefaultEventsMap,
  SocketData
>;
