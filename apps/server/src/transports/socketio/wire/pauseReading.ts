import type { ChatSocket } from '../chatServer';

/**
 * Does not read from a connection for so long: what it goes on saying waits in TCP's buffers, the client's first of all.
 * A connection that cannot be paused is closed: over long-polling each request is a new one. What was read before is
 * still heard. A second call while it is paused does nothing.
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

/** ws' own pause, and not the wire's, which ws would end whenever it has digested something. */
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
