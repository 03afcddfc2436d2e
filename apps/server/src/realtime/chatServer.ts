import type { ClientToServerEvents, ServerToClientEvents } from '@pern/protocol/socket';
import type { DefaultEventsMap, Server, Socket } from 'socket.io';
import type { Connection } from './connection';

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
