import type { Log } from '@chasqui/foundation';
import { type Caller, type Identity, type SecurityLog, userAgentOf } from '@chasqui/identity';
import { type ConnectionQuota, type Limits, refuseIf } from '@chasqui/limits';
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
import type { ClientConnections } from '../../connections/clientConnections';
import type { ChatSocket, SocketData } from './chatServer';
import { type ConnectionGate, FULL_WAIT_MS } from '../../connections/connectionGate';
import { createSocketTransport } from './wire/socketTransport';
import type { TransportWatch } from './guard/transportWatch';

interface Deps {
  identity: Pick<Identity, 'authenticate'>;
  clients: Pick<ClientConnections, 'open'>;
  addressOf: ClientAddress;
  watch: Pick<TransportWatch, 'holds'>;
  gate: ConnectionGate;
  limits: Limits;
  userConnectionQuota: ConnectionQuota;
  log: Log;
  failed: ErrorReporter;
  securityLog: Pick<SecurityLog, 'count'>;
}

/** Refused handshakes on one engine connection before it is closed, so that guessing tokens is expensive. */
const REFUSALS_MAX = 5;

type Accepted = NonNullable<SocketData['accepted']>;

/** State of an engine connection across the handshakes on it. */
interface Attempt {
  inProgress: boolean;
  refusals: number;
  /** If nonzero, the request was admitted only to be refused with this waiting time. */
  readonly waitMs: number;
  readonly address: string;
}

type Next = (error?: ExtendedError) => void;

/**
 * Authenticates a client and opens its connection. A refusal is a `connect_error` whose `data` is an error of the
 * contract.
 */
export function createHandshake(deps: Deps) {
  const attempts = new WeakMap<ChatSocket['conn'], Attempt>();

  return (socket: ChatSocket, next: Next): void => {
    const state = attempts.get(socket.conn) ?? firstAttempt(socket, deps);
    attempts.set(socket.conn, state);
    if (state.waitMs > 0) {
      next(refusal(new RateLimitError(state.waitMs / 1_000), deps.failed));
      // Socket.IO writes the refusal a moment later, and drops it if the connection is closing.
      setImmediate(() => socket.conn.close());
      return;
    }
    // One at a time: a client could send a thousand handshakes in one frame.
    if (state.inProgress) {
      socket.conn.close();
      return;
    }
    state.inProgress = true;
    inTime(accept(socket, state, deps)).then(
      (accepted) => {
        state.inProgress = false;
        socket.data.accepted = accepted;
        next();
      },
      (thrown: unknown) => {
        state.inProgress = false;
        if (++state.refusals > REFUSALS_MAX) socket.conn.close();
        next(refusal(thrown, deps.failed));
      },
    );
  };
}

/** Read before the request is dropped (gateway.ts), because another handshake may follow on the connection. */
function firstAttempt({ request }: ChatSocket, { addressOf, gate }: Deps): Attempt {
  return {
    inProgress: false,
    refusals: 0,
    waitMs: gate.refusal(request),
    address: addressOf(request),
  };
}

async function accept(socket: ChatSocket, { address }: Attempt, deps: Deps): Promise<Accepted> {
  const { authorization, 'user-agent': agent } = socket.handshake.headers;
  const parsed = parseHandshake(socket.handshake.auth, authorization);
  const caller = await deps.identity
    .authenticate(parsed.token, userAgentOf(agent))
    .catch((error: unknown) => {
      if (error instanceof UnauthorizedError) {
        deps.securityLog.count({ event: 'token_refused', door: 'socket', address });
        refuseIf(deps.limits.take('stranger', null, address));
      }
      throw error;
    });
  refuseIf(deps.limits.take('connect', caller.userId, null));
  if (deps.userConnectionQuota.isFull(caller.userId)) refuseIf(FULL_WAIT_MS);
  // Before the first await, so that simultaneous handshakes do not all take the same free place.
  const release = deps.userConnectionQuota.take(caller.userId);
  socket.once('disconnect', release);
  if (socket.conn.readyState === 'open') socket.conn.once('close', release);
  else release();
  return open(socket, parsed, caller, address, deps).catch((error: unknown) => {
    release();
    throw error;
  });
}

async function open(
  socket: ChatSocket,
  handshake: Handshake,
  caller: Caller,
  address: string,
  { clients, watch, log }: Deps,
): Promise<Accepted> {
  const { conn } = socket;
  const transport = createSocketTransport(socket, {
    batching: handshake.batch,
    log,
    holds: (bytes) => watch.holds(conn, bytes),
  });
  const connection = await clients.open({ caller, address, handshake, transport });
  // The engine's connection may have closed in the meantime; then no event will report it.
  conn.once('close', () => connection.end());
  if (conn.readyState !== 'open') {
    connection.end();
    throw new UnauthorizedError();
  }
  return { connection, answer: (packetId, result) => transport.answer(packetId, result) };
}

function refusal(thrown: unknown, failed: ErrorReporter): ExtendedError {
  const wire = failed(thrown, { handshake: true }).toWire();
  return Object.assign(new Error(wire.message), { data: wire });
}

/** Rejects with UnavailableError after the time limit, and ends a connection that opens later. */
function inTime(work: Promise<Accepted>): Promise<Accepted> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new UnavailableError('there was no answer in time', 2));
      work.then(
        ({ connection }) => connection.end(),
        () => undefined,
      );
    }, COMMAND_TIMEOUT_MS - 500);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
