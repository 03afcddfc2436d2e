import type { ClientToServerEvents, ServerToClientEvents } from '@chasqui/protocol';
import type { DefaultEventsMap, Server, Socket } from 'socket.io';
import type { ClientConnection } from '../../connections/clientConnection';

/** Attached to a socket when its handshake is accepted. */
export interface SocketData {
  accepted?: {
    connection: ClientConnection;
    /** Answers the command packet with this id, in order with the events (D3). */
    answer(packetId: number, result: object): void;
  };
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
