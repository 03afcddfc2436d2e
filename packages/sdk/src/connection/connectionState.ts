import { type Backoff, backoffMs } from '../scheduling/backoff';

/** The state of the connection, as a status badge shows it. */
export type Connection =
  | {
      readonly state: 'signed out';
      /** `refused`: the server ended the session. Unsent messages wait until the same user signs in again. */
      readonly reason: 'nobody yet' | 'by the user' | 'refused';
    }
  /** Signed in but not connecting: before `connect` or after `disconnect`. */
  | { readonly state: 'offline' }
  | { readonly state: 'connecting'; readonly failures: number }
  | {
      readonly state: 'catching up';
      readonly failures: number;
      /** Messages received on this connection so far. */
      readonly received: number;
      /** Messages known to be missing. Rises as the client learns of more. */
      readonly missing: number;
    }
  | { readonly state: 'live' }
  | {
      readonly state: 'waiting to retry';
      readonly failures: number;
      /** Milliseconds since 1970. */
      readonly retryAt: number;
      /** The machine reports that it has no network. The client retries anyway: this is often wrong. */
      readonly isNetworkDown: boolean;
    };

export type ConnectionEvent =
  | { readonly type: 'signed in' }
  | { readonly type: 'signed out'; readonly reason: 'by the user' | 'refused' }
  /** `connect` was called. */
  | { readonly type: 'connect requested' }
  | { readonly type: 'disconnect requested' }
  /** `session:ready` arrived. */
  | { readonly type: 'opened' }
  | { readonly type: 'progress'; readonly received: number; readonly missing: number }
  | { readonly type: 'caught up' }
  /** The attempt failed, or the connection ended. */
  | {
      readonly type: 'lost';
      readonly now: number;
      /** In [0, 1). */
      readonly random: number;
      /** The wait the server asked for, if any. */
      readonly retryAfterMs?: number | undefined;
      /** Whether the machine reports that it has no network. */
      readonly isNetworkDown?: boolean;
    }
  /** The wait is over, or an attempt is likely to succeed now. */
  | { readonly type: 'retry' };

/** The first waits are short: a restarting server is back within a second or two. */
export const RECONNECT: Backoff = { firstMs: 400, maxMs: 30_000 };

export const signedOut: Connection = { state: 'signed out', reason: 'nobody yet' };

/**
 * Returns the next state. Pure: no socket, timer or clock. Events that do not apply to the state, such as those of an
 * abandoned connection, change nothing.
 */
export function nextConnection(connection: Connection, event: ConnectionEvent): Connection {
  if (event.type === 'signed out') return { state: 'signed out', reason: event.reason };
  if (connection.state === 'signed out') {
    return event.type === 'signed in' ? { state: 'offline' } : connection;
  }
  switch (event.type) {
    case 'signed in':
      return connection;
    case 'connect requested':
      return connection.state === 'offline' ? { state: 'connecting', failures: 0 } : connection;
    case 'disconnect requested':
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
  // Only a live connection resets the count: a server that accepts and then drops connections must not be hammered.
  const failures = (connection.state === 'live' ? 0 : connection.failures) + 1;
  const waitMs = Math.max(retryAfterMs, backoffMs(RECONNECT, failures, random));
  return { state: 'waiting to retry', failures, retryAt: now + waitMs, isNetworkDown };
}
