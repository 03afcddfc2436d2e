import {
  authRefresh,
  type ChasquiError,
  noAnswer,
  RateLimitError,
  UnauthorizedError,
} from '@chasqui/protocol';
import type { Clock, Timer } from '../scheduling/clock';
import { isTransient, OfflineError, SignedOutError } from '../errors';
import type { Session } from '../session/session';
import { type Connection, type ConnectionEvent, nextConnection } from './connectionState';
import type { Network } from '../transport/network';
import type { ChatSocket, SocketOptions } from '../transport/socket';

/** Performs the effects of the pure connection states: opens and closes sockets, waits, and renews the token. */
export interface Driver {
  /** Connects now, and again after every loss, until `disconnect`. A second call does nothing. */
  connect(): void;
  disconnect(): void;
  signedIn(): void;
  signedOut(reason: 'by the user' | 'refused'): void;
  progress(received: number, missing: number): void;
  caughtUp(): void;
  /** Closes this connection and continues as if it had been lost. */
  drop(reason: Error): void;
  stop(): void;
}

interface Deps {
  getConnection: () => Connection;
  setConnection: (connection: Connection) => void;
  session: Pick<Session, 'accessToken' | 'accessTokenInsteadOf' | 'renewAt'>;
  network: Network;
  clock: Clock;
  random: () => number;
  open: (options: Omit<SocketOptions, 'url' | 'auth'> & { token: string }) => ChatSocket;
  onOpen: (socket: ChatSocket) => void;
  onEvent: (socket: ChatSocket, name: string, data: unknown) => void;
  onClosed: () => void;
}

const TIMER_MAX_MS = 2 ** 31 - 1;
const RENEW_AGAIN_MS = 5_000;

export function createDriver(deps: Deps): Driver {
  const { clock, session, network } = deps;
  let shouldConnect = false;
  let socket: ChatSocket | undefined;
  /** Incremented with every attempt; events of older attempts are ignored. */
  let attempt = 0;
  let retryTimer: Timer | undefined;
  let renewTimer: Timer | undefined;

  function dispatch(event: ConnectionEvent): void {
    const before = deps.getConnection();
    const after = nextConnection(before, event);
    if (after === before) return;
    deps.setConnection(after);
    // A subscriber may have changed the state already; then the newer state applies.
    if (after.state === before.state || deps.getConnection() !== after) return;
    retryTimer?.cancel();
    if (after.state !== 'live' && after.state !== 'catching up') close();
    if (after.state === 'connecting') void openConnection();
    if (after.state === 'waiting to retry') {
      const waitMs = Math.max(0, after.retryAt - clock.now());
      retryTimer = clock.setTimeout(() => dispatch({ type: 'retry' }), waitMs);
    }
  }

  function close(): void {
    attempt += 1;
    renewTimer?.cancel();
    if (socket === undefined) return;
    const closing = socket;
    socket = undefined;
    closing.close();
    deps.onClosed();
  }

  async function openConnection(): Promise<void> {
    const mine = ++attempt;
    const isMine = (): boolean => mine === attempt;
    let token: string;
    try {
      token = await session.accessToken();
    } catch (error) {
      if (isMine() && !(error instanceof SignedOutError)) lost(error);
      return;
    }
    if (!isMine()) return;
    socket = deps.open({
      token,
      onReady(opened) {
        if (!isMine()) return;
        dispatch({ type: 'opened' });
        renewLater(opened);
        deps.onOpen(opened);
      },
      onEvent: (from, name, data) => isMine() && deps.onEvent(from, name, data),
      onLost(reason) {
        if (!isMine()) return;
        if (!(reason instanceof UnauthorizedError)) return lost(reason);
        // The server refused the token: it was revoked, or the local clock is wrong. A refused refresh signs out.
        session.accessTokenInsteadOf(token).then(
          () => isMine() && lost(reason),
          (error: unknown) => isMine() && !(error instanceof SignedOutError) && lost(error),
        );
      },
    });
  }

  function lost(reason: unknown): void {
    const retryAfterMs = reason instanceof RateLimitError ? secondsOf(reason) * 1000 : undefined;
    const isNetworkDown = !network.isOnline();
    dispatch({
      ...{ type: 'lost', now: clock.now(), random: deps.random(), retryAfterMs },
      isNetworkDown,
    });
  }

  const secondsOf = ({ retryAfterSeconds }: ChasquiError): number => retryAfterSeconds ?? 1;

  /** The server disconnects when the connection's latest token expires, so a new one is sent before that. */
  function renewLater(of: ChatSocket, againInMs = 0): void {
    renewTimer?.cancel();
    const waitMs = Math.max(againInMs, session.renewAt() - clock.now());
    renewTimer = clock.setTimeout(() => void renew(of), Math.min(waitMs, TIMER_MAX_MS));
  }

  async function renew(of: ChatSocket): Promise<void> {
    try {
      const token = await session.accessToken();
      if (of !== socket) return;
      await of.request(authRefresh, noAnswer, { token });
      if (of === socket) renewLater(of);
    } catch (error) {
      if (of !== socket) return;
      if (isTransient(error)) renewLater(of, RENEW_AGAIN_MS);
      else lost(error);
    }
  }

  function applyIntent(): void {
    if (!shouldConnect) return dispatch({ type: 'disconnect requested' });
    dispatch({ type: 'connect requested' });
    dispatch({ type: 'retry' });
  }

  const stopListening = network.onChange((news) => {
    // A connection over a lost network looks alive for a long time. If the report is wrong, the next attempt succeeds
    // shortly after.
    if (news === 'lost') lost(new OfflineError('the network is down'));
    else applyIntent();
  });

  return {
    connect() {
      shouldConnect = true;
      applyIntent();
    },
    disconnect() {
      shouldConnect = false;
      applyIntent();
    },
    signedIn() {
      dispatch({ type: 'signed in' });
      applyIntent();
    },
    signedOut: (reason) => dispatch({ type: 'signed out', reason }),
    progress: (received, missing) => dispatch({ type: 'progress', received, missing }),
    caughtUp: () => dispatch({ type: 'caught up' }),
    drop: lost,
    stop() {
      shouldConnect = false;
      stopListening();
      retryTimer?.cancel();
      close();
    },
  };
}
