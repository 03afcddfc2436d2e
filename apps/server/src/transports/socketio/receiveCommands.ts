import type { ChatSocket } from './chatServer';

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
