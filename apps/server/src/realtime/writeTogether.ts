import type { ChatSocket } from './chatServer';
import type { Frame } from './frame';

type EngineSocket = ChatSocket['conn'];

/**
 * Hands frames to a connection so that they leave at once, in one system call or one answer to a poll.
 * Engine.IO hands each packet to the kernel by itself, and a batch of sends that commits together
 * answers and delivers several: the calls would cost more than all the rest of the way.
 */
export function writeTogether(conn: EngineSocket, frames: readonly Frame[]): void {
  // Frames are bytes one after the other: to Engine.IO they may be one packet.
  if (conn.transport.name === 'websocket') {
    const [first] = frames;
    if (first === undefined) return;
    const bytes = frames.length === 1 ? first.bytes : Buffer.concat(frames.map(bytesOf));
    conn.write('', optionsFor(bytes));
    return;
  }
  // The first packet would take the poll that waits, and the others would wait for the next.
  Reflect.defineProperty(conn, 'flush', { value: () => undefined, configurable: true });
  try {
    for (const { bytes, text } of frames) {
      conn.write(text, optionsFor(bytes));
    }
  } finally {
    Reflect.deleteProperty(conn, 'flush');
  }
  const flush: unknown = Reflect.get(conn, 'flush');
  if (typeof flush === 'function') Reflect.apply(flush, conn, []);
}

/** The bytes are what Engine.IO's WebSocket transport sends instead of encoding the packet itself. */
function optionsFor(bytes: Buffer): { compress: false; wsPreEncodedFrame: Buffer[] } {
  return { compress: false, wsPreEncodedFrame: [bytes] };
}

const bytesOf = ({ bytes }: Frame): Buffer => bytes;
