import type { WebSocket } from 'ws';
import type { ChatSocket } from '../chatServer';

// The only file that uses members of Engine.IO which its types do not offer: of a socket `id`, `request`, `writeBuffer`
// and `flush`, of its transports `socket`, `onData` and `maxHttpBufferSize`, and the packet option `wsPreEncodedFrame`.
// Checked with engine.io 6.6.11; internals.test.ts fails with another version.

export type EngineSocket = ChatSocket['conn'];

/** What is used of the WebSocket below a transport, whichever installed version of ws created it. */
export type EngineWebSocket = Pick<WebSocket, 'on' | 'pause' | 'resume' | 'terminate'>;

/** The WebSocket below a connection; undefined with long polling. */
export function webSocketOf({ transport }: EngineSocket): EngineWebSocket | undefined {
  if (transport.name !== 'websocket') return undefined;
  const webSocket: unknown = Reflect.get(transport, 'socket');
  return isWebSocket(webSocket) ? webSocket : undefined;
}

function isWebSocket(value: unknown): value is EngineWebSocket {
  if (typeof value !== 'object' || value === null) return false;
  return ['on', 'pause', 'resume', 'terminate'].every(
    (member) => typeof Reflect.get(value, member) === 'function',
  );
}

/** The id of an engine session, as it appears in the requests of long polling. */
export function sessionIdOf(conn: EngineSocket): string {
  const id: unknown = Reflect.get(conn, 'id');
  if (typeof id !== 'string')
    throw new Error('this version of engine.io names sessions differently');
  return id;
}

/** Drops the first request of a connection, which contains its token and would be kept as long as it lasts. */
export function dropRequest(conn: EngineSocket): void {
  Reflect.set(conn, 'request', null);
}

/** Memory of a packet apart from its data: an object and a list entry. */
const PACKET_BYTES = 200;

/** Number of packets that Engine.IO holds for the next poll or during an upgrade; 1 if it is unknown. */
export function packetsWaiting(conn: EngineSocket): number {
  const packets: unknown = Reflect.get(conn, 'writeBuffer');
  return Array.isArray(packets) ? packets.length : 1;
}

/** Memory of the packets that Engine.IO holds for the next poll or during an upgrade. */
export function bytesWaiting(conn: EngineSocket): number {
  const packets: unknown = Reflect.get(conn, 'writeBuffer');
  let bytes = 0;
  if (Array.isArray(packets)) for (const packet of packets) bytes += bytesOfPacket(packet);
  return bytes;
}

function bytesOfPacket(packet: unknown): number {
  if (typeof packet !== 'object' || packet === null) return PACKET_BYTES;
  const data: unknown = Reflect.get(packet, 'data');
  const options: unknown = Reflect.get(packet, 'options');
  const frames: unknown =
    typeof options === 'object' && options !== null
      ? Reflect.get(options, 'wsPreEncodedFrame')
      : undefined;
  const frame: unknown = Array.isArray(frames) ? frames.at(0) : undefined;
  const encoded = Buffer.isBuffer(frame) ? frame.length : 0;
  return PACKET_BYTES + encoded + (typeof data === 'string' ? data.length : 0);
}

/** Writes a packet: `text` for long polling; a WebSocket sends `frame` instead of encoding the text. */
export function writeEncoded(conn: EngineSocket, text: string, frame: Buffer): void {
  const options: { compress: false; wsPreEncodedFrame: Buffer[] } = {
    compress: false,
    wsPreEncodedFrame: [frame],
  };
  conn.write(text, options);
}

/** Runs `write` and flushes once afterwards instead of with every packet. */
export function flushOnce(conn: EngineSocket, write: () => void): void {
  Reflect.defineProperty(conn, 'flush', { value: () => undefined, configurable: true });
  try {
    write();
  } finally {
    Reflect.deleteProperty(conn, 'flush');
  }
  const flush: unknown = Reflect.get(conn, 'flush');
  if (typeof flush === 'function') Reflect.apply(flush, conn, []);
}

export interface BodyBounds {
  maxBytes: number;
  /** Whether a body may be split into packets. */
  accepts: (body: string) => boolean;
}

/** Bounds the bodies of a polling transport. */
export function boundBodies({ transport }: EngineSocket, { maxBytes, accepts }: BodyBounds): void {
  const onData: unknown = Reflect.get(transport, 'onData');
  if (typeof onData !== 'function' || !('maxHttpBufferSize' in transport))
    throw new Error('this version of engine.io reads bodies differently');
  Reflect.set(transport, 'maxHttpBufferSize', maxBytes);
  Reflect.set(transport, 'onData', (body: unknown) => {
    if (typeof body === 'string' && !accepts(body)) {
      transport.emit('error', new Error('too many packets before the handshake'));
    } else Reflect.apply(onData, transport, [body]);
  });
}

/** Ends `boundBodies`; from now on a body may have `maxBytes`. */
export function unboundBodies({ transport }: EngineSocket, maxBytes: number): void {
  Reflect.set(transport, 'maxHttpBufferSize', maxBytes);
  Reflect.deleteProperty(transport, 'onData');
}
