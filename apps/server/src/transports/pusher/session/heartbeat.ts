import type { Clock } from '@chasqui/foundation';
import type { Closing } from '../wire/closeCodes';
import type { PusherSocket } from '../wire/pusherSocket';
import type { PingBarrier } from './pingBarrier';

/** Decides when a silent client is pinged, and when a connection is given up. */
export interface Heartbeat {
  /** Call with each frame that the client sends. */
  received(): void;
  /** Call once a second. */
  tick(): void;
}

interface Deps {
  clock: Clock;
  socket: PusherSocket;
  barrier: Pick<PingBarrier, 'beat' | 'waitingMs'>;
  /** Whether the client is subscribed to a channel or has signed in. */
  isInUse: () => boolean;
  close: (closing: Closing) => void;
}

// A client that vanished is detected within 20 s; a crash has to show within 30 s (D10).
const PING_AFTER_MS = 10_000;
const PONG_WITHIN_MS = 8_000;
/** Like a handshake that is never finished: a connection without a channel would only use memory. */
const UNUSED_MS = 60_000;

export function createHeartbeat({ clock, socket, barrier, isInUse, close }: Deps): Heartbeat {
  let receivedAt = clock.now();
  let usedAt = clock.now();
  let bytesSent = 0;

  /** A client that reads slowly receives the ping late. It is alive while its connection takes waiting bytes. */
  function noteProgress(): void {
    const sent = socket.bytesSent();
    if (socket.bytesWaiting() > 0 && sent > bytesSent) receivedAt = clock.now();
    bytesSent = sent;
  }

  return {
    received() {
      receivedAt = clock.now();
    },
    tick() {
      const now = clock.now();
      noteProgress();
      if (isInUse()) usedAt = now;
      if (now - usedAt >= UNUSED_MS) {
        close('inactive');
        return;
      }
      const silentMs = now - receivedAt;
      if (barrier.waitingMs() >= PONG_WITHIN_MS && silentMs >= PONG_WITHIN_MS) close('noPong');
      else if (silentMs >= PING_AFTER_MS) barrier.beat();
    },
  };
}
