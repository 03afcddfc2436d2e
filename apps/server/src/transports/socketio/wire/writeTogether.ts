import { Socket } from 'node:net';
import type { ChatSocket } from '../chatServer';
import type { Frame } from './frame';

type EngineSocket = ChatSocket['conn'];

/**
 * Hands frames to a connection so that they leave at once, in one system call or one answer to a poll.
 * Engine.IO hands each packet to the kernel by itself, and a batch of sends that commits together
 * answers and delivers several: the calls would cost more than all the rest of the way. Returns whether
 * they went past the engine, which then counts nothing of them.
 */
export function writeTogether(
  conn: EngineSocket,
  wire: Socket | undefined,
  frames: readonly Frame[],
): boolean {
  // Frames are bytes one after the other: to Engine.IO they may be one packet.
  if (conn.transport.name === 'websocket') {
    const [first] = frames;
    if (first === undefined) return true;
    const bytes = frames.length === 1 ? first.bytes : Buffer.concat(frames.map(bytesOf));
    // Behind what Engine.IO holds back, such as while it exchanges transports, it has to wait as well.
    if (wire?.writable !== true || waitingInEngine(conn) > 0) {
      conn.write('', optionsFor(bytes));
      return false;
    }
    wire.write(bytes);
    return true;
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
  return false;
}

/**
 * The TCP connection below a WebSocket, undefined without one. Engine.IO and ws write to it in the turn in
 * which they are asked, so what goes past them keeps its place; and past them it costs half.
 */
export function wireOf({ transport }: EngineSocket): Socket | undefined {
  if (transport.name !== 'websocket') return undefined;
  const webSocket: unknown = Reflect.get(transport, 'socket');
  if (typeof webSocket !== 'object' || webSocket === null) return undefined;
  const wire: unknown = Reflect.get(webSocket, '_socket');
  return wire instanceof Socket ? wire : undefined;
}

function waitingInEngine(conn: EngineSocket): number {
  const waiting: unknown = Reflect.get(conn, 'writeBuffer');
  return Array.isArray(waiting) ? waiting.length : 1;
}

/** The bytes are what Engine.IO's WebSocket transport sends instead of encoding the packet itself. */
function optionsFor(bytes: Buffer): { compress: false; wsPreEncodedFrame: Buffer[] } {
  return { compress: false, wsPreEncodedFrame: [bytes] };
}

const bytesOf = ({ bytes }: Frame): Buffer => bytes;
