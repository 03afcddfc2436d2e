import type { ChatSocket } from './chatServer';

const NOTHING = Object.freeze({ headers: {}, query: {}, auth: {} });

/**
 * Lets go of the request that a connection began with and of what it said of itself, its token among it:
 * nobody reads them again, and Socket.IO would keep them as long as the connection lasts. To be called
 * once the connection is accepted.
 */
export function forgetHandshake(socket: ChatSocket): void {
  Reflect.set(socket, 'handshake', NOTHING);
  Reflect.set(socket.conn, 'request', null);
}
