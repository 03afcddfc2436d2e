import { Socket as NetSocket } from 'node:net';
import type { ChatSocket } from './chatServer';

type EngineSocket = ChatSocket['conn'];

/**
 * Everything that is written to a connection in one turn of the event loop leaves in one system call.
 * Engine.IO hands each packet to the kernel by itself, and a batch of sends that commits together
 * answers and delivers several at once: the calls would cost more than all the rest of the way.
 */
export function gatherWrites(conn: EngineSocket): void {
  const flush: unknown = Reflect.get(conn, 'flush');
  if (typeof flush !== 'function') return;
  let scheduled = false;
  Reflect.set(conn, 'flush', () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      Reflect.apply(flush, conn, []);
    });
  });

  // Engine.IO tells both, right before and right after it hands its packets to the transport.
  let corked: NetSocket | undefined;
  conn.on('flush', () => {
    corked = rawSocket(conn);
    corked?.cork();
  });
  conn.on('drain', () => {
    corked?.uncork();
    corked = undefined;
  });
}

/** The TCP connection under a WebSocket; long polling has none of its own. */
function rawSocket({ transport }: EngineSocket): NetSocket | undefined {
  const webSocket: unknown = Reflect.get(transport, 'socket');
  if (!(webSocket instanceof Object)) return undefined;
  const socket: unknown = Reflect.get(webSocket, '_socket');
  return socket instanceof NetSocket ? socket : undefined;
}
