import type { ChatSocket } from './chatServer';

const NOTHING = Object.freeze({ headers: {}, query: {}, auth: {} });

/**
 * Drops the request and the handshake data of a connection, which contain its token. Nothing reads them again, and
 * Socket.IO would keep them as long as the connection lasts. Call once the connection is accepted.
 */
export function forgetHandshake(socket: ChatSocket): void {
  Reflect.set(socket, 'handshake', NOTHING);
  Reflect.set(socket.conn, 'request', null);
}
