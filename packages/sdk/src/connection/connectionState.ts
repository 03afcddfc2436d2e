import { type Backoff, backoffMs } from '../backoff';

/** Where the connection stands. What a badge shows. */
export type Connection =
  | {
      readonly state: 'signed out';
      /** `refused`: the server has ended the session; what was not sent yet waits for the same user. */
      readonly reason: 'nobody yet' | 'by the user' | 'refused';
    }
  /** Signed in and not trying: `connect` was not called, or `disconnect` was. */
  | { readonly state: 'offline' }
  | { readonly state: 'connecting'; readonly failures: number }
  | {
      readonly state: 'catching up';
      readonly failures: number;
      /** Messages that came since this connection began. */
      readonly received: number;
      /** Messages that are known to be still missing; rises while the client learns of them. */
      readonly missing: number;
    }
  | { readonly state: 'live' }
  | {
      readonly state: 'waiting to retry';
      readonly failures: number;
      /** Milliseconds since 1970. */
      readonly retryAt: number;
      /** The machine says that it has no network. It is tried all the same, because that is often wrong. */
      readonly isNetworkDown: boolean;
    };

export type ConnectionEvent =
  | { readonly type: 'signed in' }
  | { readonly type: 'signed out'; readonly reason: 'by the user' | 'refused' }
  /** Somebody wants to be connected. */
  | { readonly type: 'wanted' }
  | { readonly type: 'unwanted' }
  /** The server has said `session:ready`. */
  | { readonly type: 'opened' }
  | { readonly type: 'progress'; readonly received: number; readonly missing: number }
  | { readonly type: 'caught up' }
  /** The attempt failed, or the connection ended. */
  | {
      readonly type: 'lost';
      readonly now: number;
      /** From 0 to below 1. */
      readonly random: number;
      /** What the server asked for, if it did. */
      readonly retryAfterMs?: number | undefined;
      /** What the machine says about its network. */
      readonly isNetworkDown?: boolean;
    }
  /** The wait is over, or something says that it is worth trying now. */
  | { readonly type: 'retry' };

/** Short first: a server that restarts is back within a second or two. */
export const RECONNECT: Backoff = { firstMs: 400, maxMs: 30_000 };

export const signedOut: Connection = { state: 'signed out', reason: 'nobody yet' };

/**
 * The next state. Pure: no socket, no timer, no clock. What does not fit the state, such as news of a connection that
 * was given up, changes nothing.
 */
export function nextConnection(connection: Connection, event: ConnectionEvent): Connection {
  if (event.type === 'signed out') return { state: 'signed out', reason: event.reason };
  if (connection.state === 'signed out') {
    return event.type === 'signed in' ? { state: 'offline' } : connection;
  }
  switch (event.type) {
    case 'signed in':
      return connection;
    case 'wanted':
      return connection.state === 'offline' ? { state: 'connecting', failures: 0 } : connection;
    case 'unwanted':
      return connection.state === 'offline' ? connection : { state: 'offline' };
    case 'opened':
      return connection.state === 'connecting'
        ? { state: 'catching up', failures: connection.failures, received: 0, missing: 0 }
        : connection;
    case 'progress': {
      if (connection.state !== 'catching up') return connection;
      const { received, missing } = event;
      if (connection.received === received && connection.missing === missing) return connection;
      return { ...connection, received, missing };
    }
    case 'caught up':
      return connection.state === 'catching up' ? { state: 'live' } : connection;
    case 'lost':
      return lost(connection, event);
    case 'retry':
      return connection.state === 'waiting to retry'
        ? { state: 'connecting', failures: connection.failures }
        : connection;
  }
}

function lost(
  connection: Exclude<Connection, { state: 'signed out' }>,
  {
    now,
    random,
    retryAfterMs = 0,
    isNetworkDown = false,
  }: Extract<ConnectionEvent, { type: 'lost' }>,
): Connection {
  if (connection.state === 'offline') return connection;
  if (connection.state === 'waiting to retry') {
    return connection.isNetworkDown === isNetworkDown
      ? connection
      : { ...connection, isNetworkDown };
  }
  // Failures are forgotten once it was live, not once it was open: a server that accepts and drops is waited for.
  const failures = (connection.state === 'live' ? 0 : connection.failures) + 1;
  const waitMs = Math.max(retryAfterMs, backoffMs(RECONNECT, failures, random));
  return { state: 'waiting to retry', failures, retryAt: now + waitMs, isNetworkDown };
}
