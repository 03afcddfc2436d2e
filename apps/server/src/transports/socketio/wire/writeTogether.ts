import { Socket } from 'node:net';
import type { ChatSocket } from '../chatServer';
import type { Frame } from './frame';

type EngineSocket = ChatSocket['conn'];

/**
 * Writes frames to a connection in one system call or in one answer to a poll. Engine.IO makes one system call per
 * packet, and a batch of sends that commits together produces several answers and events: the calls would cost more than
 * the rest of the path. Returns whether the frames bypassed the engine, which then does not count them.
 */
export function writeTogether(
  conn: EngineSocket,
  wire: Socket | undefined,
  frames: readonly Frame[],
): boolean {
  // Concatenated frames can be passed to Engine.IO as one packet.
  if (conn.transport.name === 'websocket') {
    const [first] = frames;
    if (first === undefined) return true;
    const bytes = frames.length === 1 ? first.bytes : Buffer.concat(frames.map(bytesOf));
    // Packets that Engine.IO holds back, for example during an upgrade, must be sent first.
    if (wire?.writable !== true || waitingInEngine(conn) > 0) {
      conn.write('', optionsFor(bytes));
      return false;
    }
    wire.write(bytes);
    return true;
  }
  // Otherwise the first packet would end the waiting poll, and the others would wait for the next.
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
 * The TCP connection below a WebSocket, undefined for other transports. Engine.IO and ws write to it synchronously, so
 * frames that bypass them keep their order; and bypassing them halves the cost.
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

/** Makes Engine.IO's WebSocket transport send these bytes instead of encoding the packet. */
function optionsFor(bytes: Buffer): { compress: false; wsPreEncodedFrame: Buffer[] } {
  return { compress: false, wsPreEncodedFrame: [bytes] };
}

const bytesOf = ({ bytes }: Frame): Buffer => bytes;
