import type { Caller } from '@chasqui/identity';
import type { ChatSocket } from '../transports/socketio/chatServer';

/** The longest time a timer can be set to. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Disconnects sockets when their access tokens expire (fault 25). */
export interface Expiry {
  /** Sets the moment, or moves it. */
  set(socket: ChatSocket, caller: Pick<Caller, 'expiresAt'>): void;
  clear(socket: ChatSocket): void;
}

export function createExpiry(now: () => number = Date.now): Expiry {
  const timers = new Map<ChatSocket, NodeJS.Timeout>();
  return {
    set(socket, { expiresAt }) {
      clearTimeout(timers.get(socket));
      const timer = setTimeout(
        () => {
          timers.delete(socket);
          socket.disconnect(true);
        },
        Math.min(Math.max(0, expiresAt - now()), TIMER_MAX_MS),
      );
      timers.set(socket, timer);
    },
    clear(socket) {
      clearTimeout(timers.get(socket));
      timers.delete(socket);
    },
  };
}
