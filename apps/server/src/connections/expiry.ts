import type { CloseReason } from '@chasqui/core/ports';
import type { Caller } from '@chasqui/identity';
import type { ClientConnection } from './clientConnection';

/** The longest delay of a timer. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Why a connection is closed when its access token expires. */
export const TOKEN_EXPIRED: CloseReason = { text: 'the access token expired', reconnect: false };

type Expiring = Pick<ClientConnection, 'close'>;

/** Closes connections when their access tokens expire (fault 25). */
export interface Expiry {
  /** Sets or changes the time. */
  set(connection: Expiring, caller: Pick<Caller, 'expiresAt'>): void;
  clear(connection: Expiring): void;
}

export function createExpiry(now: () => number = Date.now): Expiry {
  const timers = new Map<Expiring, NodeJS.Timeout>();
  return {
    set(connection, { expiresAt }) {
      clearTimeout(timers.get(connection));
      const timer = setTimeout(
        () => {
          timers.delete(connection);
          connection.close(TOKEN_EXPIRED);
        },
        Math.min(Math.max(0, expiresAt - now()), TIMER_MAX_MS),
      );
      timers.set(connection, timer);
    },
    clear(connection) {
      clearTimeout(timers.get(connection));
      timers.delete(connection);
    },
  };
}
