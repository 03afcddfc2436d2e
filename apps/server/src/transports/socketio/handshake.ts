import type { ChatCore } from '@chasqui/core';
import type { Log } from '@chasqui/foundation';
import { type Caller, type Identity, type SecurityLog, userAgentOf } from '@chasqui/identity';
import {
  type Lanes,
  type Limits,
  type RejectBackoff,
  type ConnectionQuota,
  refuseIf,
} from '@chasqui/limits';
import {
  COMMAND_TIMEOUT_MS,
  type Handshake,
  parseHandshake,
  RateLimitError,
  UnauthorizedError,
  UnavailableError,
} from '@chasqui/protocol';
import type { ExtendedError } from 'socket.io';
import type { ClientAddress } from '../../network/clientAddress';
import type { ErrorReporter } from '../../observability/errorReporter';
import type { EventBudget } from '../../connections/eventBudget';
import type { ChatSocket } from './chatServer';
import type { Connection } from '../../connections/connection';
import { type ConnectionGate, FULL_WAIT_MS } from '../../connections/connectionGate';
import { createPause } from './wire/pauseReading';
import type { SessionGuard } from '../../connections/sessionGuard';
import { createSocketOutlet } from './wire/socketOutlet';
import type { TransportWatch } from './guard/transportWatch';

interface Deps {
  identity: Pick<Identity, 'authenticate'>;
  core: Pick<ChatCore, 'connections'>;
  addressOf: ClientAddress;
  guard: SessionGuard;
  watch: Pick<TransportWatch, 'holds'>;
  gate: ConnectionGate;
  limits: Limits;
  userConnectionQuota: ConnectionQuota;
  rejectBackoff: RejectBackoff;
  lanes: Lanes;
  createBudget: () => EventBudget;
  prolong: (connection: Connection, caller: Caller) => void;
  log: Log;
  failed: ErrorReporter;
  securityLog: Pick<SecurityLog, 'count'>;
}

/** Refused handshakes on one transport before it is closed: guessing tokens is not for free. */
const REFUSALS_MAX = 5;

/** What is known of a transport, from one handshake on it to the next. */
interface Transport {
  underWay: boolean;
  refusals: number;
  /** It was let in only to be told to wait for so long. */
  readonly waitMs: number;
  readonly address: string;
}

type Next = (error?: ExtendedError) => void;

/**
 * Who connects, and is there a place for them in the delivery path? A refusal is a `connect_error`
 * whose `data` is an error of the contract.
 */
export function createHandshake(deps: Deps) {
  const transports = new WeakMap<ChatSocket['conn'], Transport>();

  return (socket: ChatSocket, next: Next): void => {
    const state = transports.get(socket.conn) ?? beginning(socket, deps);
    transports.set(socket.conn, state);
    if (state.waitMs > 0) {
      next(refusal(new RateLimitError(state.waitMs / 1_000), deps.failed));
      // Socket.IO writes the refusal a moment later, and not at all once it is closing.
      setImmediate(() => socket.conn.close());
      return;
    }
    // One at a time: a transport could ask for a thousand in one frame.
    if (state.underWay) {
      socket.conn.close();
      return;
    }
    state.underWay = true;
    inTime(accept(socket, state, deps)).then(
      (connection) => {
        state.underWay = false;
        socket.data.connection = connection;
        next();
      },
      (thrown: unknown) => {
        state.underWay = false;
        if (++state.refusals > REFUSALS_MAX) socket.conn.close();
        next(refusal(thrown, deps.failed));
      },
    );
  };
}

/** The request that it began with is forgotten; a transport may connect again all the same. */
function beginning({ request }: ChatSocket, { addressOf, gate }: Deps): Transport {
  return {
    underWay: false,
    refusals: 0,
    waitMs: gate.refusal(request),
    address: addressOf(request),
  };
}

async function accept(socket: ChatSocket, { address }: Transport, deps: Deps): Promise<Connection> {
  const { authorization, 'user-agent': agent } = socket.handshake.headers;
  const said = parseHandshake(socket.handshake.auth, authorization);
  const caller = await deps.identity
    .authenticate(said.token, userAgentOf(agent))
    .catch((error: unknown) => {
      if (error instanceof UnauthorizedError) {
        deps.securityLog.count({ event: 'token_refused', door: 'socket', address });
        refuseIf(deps.limits.take('stranger', null, address));
      }
      throw error;
    });
  refuseIf(deps.limits.take('connect', caller.userId, null));
  if (deps.userConnectionQuota.isFull(caller.userId)) refuseIf(FULL_WAIT_MS);
  // Before the first wait, so that a thousand at once do not all find the same place free.
  const release = deps.userConnectionQuota.take(caller.userId);
  socket.once('disconnect', release);
  if (socket.conn.readyState === 'open') socket.conn.once('close', release);
  else release();
  return open(socket, said, caller, address, deps).catch((error: unknown) => {
    release();
    throw error;
  });
}

async function open(
  socket: ChatSocket,
  said: Handshake,
  caller: Caller,
  address: string,
  deps: Deps,
): Promise<Connection> {
  const outlet = createSocketOutlet(socket, deps.log, (bytes) =>
    deps.watch.holds(socket.conn, bytes),
  );
  const live = await deps.lanes.run('connect', { address, userId: caller.userId }, () =>
    deps.core.connections.open({
      userId: caller.userId,
      sessionId: caller.sessionId,
      deviceId: said.deviceId ?? caller.sessionId,
      batch: said.batch,
      outlet,
    }),
  );
  // The transport may have gone while we waited; then nobody else will tell.
  socket.conn.once('close', () => live.close());
  if (socket.conn.readyState !== 'open' || deps.guard.endedJustNow(caller.sessionId)) {
    live.close();
    throw new UnauthorizedError();
  }
  const budget = deps.createBudget();
  outlet.onEmit((event) => {
    if (event === 'chat:message_received') budget.earn(1);
    else if (event === 'chat:messages_received') budget.earn(100);
  });
  const pause = createPause(socket.conn);
  const connection: Connection = {
    socket,
    userId: caller.userId,
    username: caller.username,
    sessionIds: [caller.sessionId],
    expiresAt: caller.expiresAt,
    address,
    brief: said.brief,
    live,
    outlet,
    budget,
    refused() {
      const waitMs = deps.rejectBackoff.refused(caller.userId);
      if (waitMs > 0) pause(waitMs);
    },
    prolong: (fresh) => deps.prolong(connection, fresh),
  };
  return connection;
}

function refusal(thrown: unknown, failed: ErrorReporter): ExtendedError {
  const wire = failed(thrown, { handshake: true }).toWire();
  return Object.assign(new Error(wire.message), { data: wire });
}

/** Rejects with UnavailableError when there is no outcome in time, and ends a connection that comes later. */
function inTime(work: Promise<Connection>): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new UnavailableError('there was no answer in time', 2));
      work.then(
        ({ live }) => live.close(),
        () => undefined,
      );
    }, COMMAND_TIMEOUT_MS - 500);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
