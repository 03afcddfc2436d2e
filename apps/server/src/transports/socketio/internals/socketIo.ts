import type { ChatSocket } from '../chatServer';

// The only file that uses members of Socket.IO which its types do not offer: `onevent`, and writing `handshake`.
// Checked with socket.io 4.8.4; internals.test.ts fails with another version.

/** A command as received: its name and data, not yet parsed, and the packet id if the client expects an answer. */
export type OnCommand = (event: unknown, data: unknown, packetId: number | undefined) => void;

/**
 * Receives the commands of a connection in place of Socket.IO's listeners. Socket.IO would pass a callback that writes
 * each answer directly, bypassing the frames that the transport has gathered, so an answer could overtake an event that
 * belongs before it (D3).
 */
export function receiveCommands(socket: ChatSocket, onCommand: OnCommand): void {
  if (typeof Reflect.get(socket, 'onevent') !== 'function')
    throw new Error('this version of socket.io delivers events differently');
  Reflect.set(socket, 'onevent', ({ data, id }: { data?: unknown; id?: unknown }) => {
    const packet: unknown[] = Array.isArray(data) ? data : [];
    onCommand(packet[0], packet[1], Number.isSafeInteger(id) ? Number(id) : undefined);
  });
}

const NOTHING = Object.freeze({ headers: {}, query: {}, auth: {} });

/** Drops the handshake data of a connection, which contain its token and would be kept as long as it lasts. */
export function dropHandshakeData(socket: ChatSocket): void {
  if (!('handshake' in socket))
    throw new Error('this version of socket.io keeps the handshake elsewhere');
  Reflect.set(socket, 'handshake', NOTHING);
}
