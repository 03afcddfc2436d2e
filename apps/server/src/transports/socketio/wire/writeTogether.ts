import type { Socket } from 'node:net';
import {
  type EngineSocket,
  flushOnce,
  packetsWaiting,
  webSocketOf,
  writeEncoded,
} from '../internals/engineIo';
import { tcpSocketOf } from '../internals/ws';
import type { Frame } from './frame';

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
    if (wire?.writable !== true || packetsWaiting(conn) > 0) {
      writeEncoded(conn, '', bytes);
      return false;
    }
    wire.write(bytes);
    return true;
  }
  // Otherwise the first packet would end the waiting poll, and the others would wait for the next.
  flushOnce(conn, () => {
    for (const { bytes, text } of frames) writeEncoded(conn, text, bytes);
  });
  return false;
}

/**
 * The TCP socket below a WebSocket, undefined for other transports. Engine.IO and ws write to it synchronously, so
 * frames that bypass them keep their order; and bypassing them halves the cost.
 */
export function wireOf(conn: EngineSocket): Socket | undefined {
  const webSocket = webSocketOf(conn);
  return webSocket && tcpSocketOf(webSocket);
}

const bytesOf = ({ bytes }: Frame): Buffer => bytes;
