import type Redis from 'ioredis';

const TICK_MS = 1_000;
const SILENT_TICKS_BEFORE_PING = 2;
const SILENT_TICKS_BEFORE_CUT = 5;

/**
 * Notices a connection that was cut without a word: no reset, no end, only silence (fault 9), and a
 * Redis that accepts connections but is frozen. After two ticks of a second without a byte from
 * Redis it asks with PING, after three more it cuts, whereupon ioredis reconnects. A PING behind
 * blocking commands is answered late, but those are themselves answered every other second. Ticks
 * are counted and not clocks compared, so that a process that was itself suspended blames nobody.
 * Returns the stopper.
 */
export function cutWhenSilent(connection: Redis, onCut: () => void): () => void {
  let heard: { stream: Redis['stream']; bytes: number } | undefined;
  let silent = 0;

  const tick = (): void => {
    // 'connecting' has a time-out of its own, in the other states there is no socket.
    if (connection.status !== 'ready' && connection.status !== 'connect') {
      heard = undefined;
      return;
    }
    const { stream } = connection;
    if (heard?.stream !== stream || heard.bytes !== stream.bytesRead) {
      heard = { stream, bytes: stream.bytesRead };
      silent = 0;
      return;
    }
    silent += 1;
    if (silent >= SILENT_TICKS_BEFORE_CUT) {
      silent = 0;
      heard = undefined;
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
