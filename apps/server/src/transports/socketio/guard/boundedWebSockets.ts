import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { createTokenBucket } from '@chasqui/limits';

/** Limit of a frame or a polled body before the handshake is accepted. A token has a few kB. */
export const HANDSHAKE_FRAME_BYTES = 16_384;
/** Limits of TCP chunks and fragments per message. Each takes more memory than its bytes. */
const CHUNKS_MAX = 1_024;
const FRAGMENTS_MAX = 128;
/** WebSocket's own pings and pongs. Clients that send any send one in several seconds. */
const CONTROL_FRAMES = { perSecond: 2, burst: 32 };

export type WebSocketEngine = new (options?: ServerOptions) => WebSocketServer;

/**
 * For Socket.IO's option `wsEngine`: WebSockets that are bounded from the first byte, before authentication. `opened` is
 * called with each of them, including upgrades of polling sessions.
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

/** Terminates the connection after more than `most` further messages. */
export function endAfterMessages(
  webSocket: Pick<WebSocket, 'on' | 'terminate'>,
  most: number,
): void {
  let messages = 0;
  webSocket.on('message', () => {
    if (++messages > most) webSocket.terminate();
  });
}
