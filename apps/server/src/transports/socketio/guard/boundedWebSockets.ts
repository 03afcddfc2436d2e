import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { createTokenBucket } from '@chasqui/limits';

/** The largest frame or polled body before the handshake is accepted: a token has a few kB. */
export const HANDSHAKE_FRAME_BYTES = 16_384;
/** Chunks as TCP delivers them, and fragments of a message: each costs more memory than it has bytes. */
const CHUNKS_MAX = 1_024;
const FRAGMENTS_MAX = 128;
/** WebSocket's own pings and pongs. Clients that send any send one in several seconds. */
const CONTROL_FRAMES = { perSecond: 2, burst: 32 };
/** What a chunk of one byte costs; with those of a frame that trickles in a node would hold far more than its bytes. */
const CHUNK_BYTES = 256;

export type WebSocketEngine = new (options?: ServerOptions) => WebSocketServer;

/**
 * For Socket.IO's option `wsEngine`: WebSockets that are bounded from their first byte, before anybody knows whose they
 * are. `opened` is called with each of them, also those that a polling session upgrades to.
 */
export function createWebSocketEngine(opened: (webSocket: WebSocket) => void): WebSocketEngine {
  return class BoundedWebSocketServer extends WebSocketServer {
    constructor(options?: ServerOptions) {
      super({
        ...options,
        maxPayload: HANDSHAKE_FRAME_BYTES,
        maxBufferedChunks: CHUNKS_MAX,
        maxFragments: FRAGMENTS_MAX,
      });
    }

    override handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      callback: (webSocket: WebSocket, request: IncomingMessage) => void,
    ): void {
      super.handleUpgrade(request, socket, head, (webSocket, upgraded) => {
        limitControlFrames(webSocket);
        opened(webSocket);
        callback(webSocket, upgraded);
      });
    }
  };
}

function limitControlFrames(webSocket: WebSocket): void {
  const bucket = createTokenBucket(CONTROL_FRAMES.perSecond, CONTROL_FRAMES.burst);
  const count = (): void => {
    if (!bucket.take(performance.now())) webSocket.terminate();
  };
  webSocket.on('ping', count);
  webSocket.on('pong', count);
}

/** Ends the connection when so many messages more have come. */
export function endAfterMessages(webSocket: WebSocket, most: number): void {
  let messages = 0;
  webSocket.on('message', () => {
    if (++messages > most) webSocket.terminate();
  });
}

/** Lets messages of so many bytes in from now on. */
export function allowMessages(webSocket: object, bytes: number): void {
  Reflect.set(receiverOf(webSocket), '_maxPayload', bytes);
}

/** What has come of a message that is not complete, counted as the memory that it takes. */
export function unreadBytesOf(webSocket: object): number {
  const receiver = receiverOf(webSocket);
  const chunks: unknown = Reflect.get(receiver, '_buffers');
  return (
    numberOf(receiver, '_bufferedBytes') +
    numberOf(receiver, '_messageLength') +
    (Array.isArray(chunks) ? chunks.length * CHUNK_BYTES : 0)
  );
}

function receiverOf(webSocket: object): object {
  const receiver: unknown = Reflect.get(webSocket, '_receiver');
  if (typeof receiver !== 'object' || receiver === null || !('_maxPayload' in receiver))
    throw new Error('this version of ws bounds messages differently');
  return receiver;
}

function numberOf(receiver: object, field: string): number {
  const value: unknown = Reflect.get(receiver, field);
  return typeof value === 'number' ? value : 0;
}
