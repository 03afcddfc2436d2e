import type { ChatSocket } from '../chatServer';

/**
 * Stops reading from a connection for a while, so that what the client sends waits in TCP's buffers, first of all its
 * own. A connection that cannot be paused is closed: with long polling, each request is a new connection. Bytes that
 * were read before are still processed. A second call during the pause does nothing.
 */
export function createPause(conn: ChatSocket['conn']): (ms: number) => void {
  let isPaused = false;
  return (ms) => {
    if (isPaused) return;
    const webSocket = conn.transport.name === 'websocket' ? pausable(conn.transport) : undefined;
    if (webSocket === undefined) {
      conn.close();
      return;
    }
    isPaused = true;
    webSocket.pause();
    setTimeout(() => {
      isPaused = false;
      webSocket.resume();
    }, ms).unref();
  };
}

/** The pause of ws, not that of the TCP socket, which ws would resume whenever it has processed a chunk. */
function pausable(transport: object): { pause(): void; resume(): void } | undefined {
  const webSocket: unknown = Reflect.get(transport, 'socket');
  if (typeof webSocket !== 'object' || webSocket === null) return undefined;
  const pause: unknown = Reflect.get(webSocket, 'pause');
  const resume: unknown = Reflect.get(webSocket, 'resume');
  if (typeof pause !== 'function' || typeof resume !== 'function') return undefined;
  return {
    pause: () => void Reflect.apply(pause, webSocket, []),
    resume: () => void Reflect.apply(resume, webSocket, []),
  };
}
