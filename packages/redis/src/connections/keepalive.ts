import type Redis from 'ioredis';

const TICK_MS = 1_000;
const SILENT_TICKS_BEFORE_PING = 2;
const SILENT_TICKS_BEFORE_CUT = 5;

/**
 * Detects a connection that was cut silently, without a reset (fault 9 in docs/testing/faults.md), and a Redis that
 * accepts connections but is frozen. After two seconds without a byte from Redis it sends PING, after three more it
 * cuts the connection and ioredis reconnects. A PING behind a blocking command is answered late, but the blocking
 * command itself is answered every two seconds. Counts ticks instead of comparing clocks, so that a suspended process
 * does not blame its connections.
 *
 * Returns a function that stops it.
 */
export function reconnectWhenSilent(connection: Redis, onCut: () => void): () => void {
  let last: { stream: Redis['stream']; bytes: number } | undefined;
  let silent = 0;

  const tick = (): void => {
    // 'connecting' has its own time-out; in other states there is no socket.
    if (connection.status !== 'ready' && connection.status !== 'connect') {
      last = undefined;
      return;
    }
    const { stream } = connection;
    if (last?.stream !== stream || last.bytes !== stream.bytesRead) {
      last = { stream, bytes: stream.bytesRead };
      silent = 0;
      return;
    }
    silent += 1;
    if (silent >= SILENT_TICKS_BEFORE_CUT) {
      silent = 0;
      last = undefined;
      onCut();
      connection.disconnect(true);
    } else if (silent === SILENT_TICKS_BEFORE_PING && connection.status === 'ready') {
      connection.ping().catch(() => undefined);
    }
  };

  const timer = setInterval(tick, TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
