import type { ChatSocket } from './chatServer';

/** A command as it came: its name and data, not yet parsed, and the id by which it wants its answer. */
export type HearCommand = (event: unknown, data: unknown, packetId: number | undefined) => void;

/**
 * Hears the commands of a connection, instead of Socket.IO's listeners: these would be given a callback
 * that encodes each answer by itself and writes it past what the outlet has gathered, so that an
 * answer could overtake an event that belongs before it (D3).
 */
export function hearCommands(socket: ChatSocket, hear: HearCommand): void {
  if (typeof Reflect.get(socket, 'onevent') !== 'function')
    throw new Error('this version of socket.io hands on events in another way');
  Reflect.set(socket, 'onevent', ({ data, id }: { data?: unknown; id?: unknown }) => {
    const said: unknown[] = Array.isArray(data) ? data : [];
    hear(said[0], said[1], Number.isSafeInteger(id) ? Number(id) : undefined);
  });
}
