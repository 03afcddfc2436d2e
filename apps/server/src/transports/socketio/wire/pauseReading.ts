import { type EngineSocket, webSocketOf } from '../internals/engineIo';

/**
 * Stops reading from a connection for a while, so that what the client sends waits in TCP's buffers, first of all its
 * own. A connection that cannot be paused is closed: with long polling, each request is a new connection. Bytes that
 * were read before are still processed. A second call during the pause does nothing.
 */
export function createPause(conn: EngineSocket): (ms: number) => void {
  let isPaused = false;
  return (ms) => {
    if (isPaused) return;
    const webSocket = webSocketOf(conn);
    if (webSocket === undefined) {
      conn.close();
      return;
    }
    isPaused = true;
    // Not that of the TCP socket, which ws would resume whenever it has processed a chunk.
    webSocket.pause();
    setTimeout(() => {
      isPaused = false;
      webSocket.resume();
    }, ms).unref();
  };
}
