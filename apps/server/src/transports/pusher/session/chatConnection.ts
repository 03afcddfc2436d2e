import type { CloseReason } from '@chasqui/core/ports';
import { ForbiddenError, type ServerEvent } from '@chasqui/protocol';
import { type ConnectionQuota, type Limits, refuseIf } from '@chasqui/limits';
import type { ClientConnection } from '../../../connections/clientConnection';
import type { ClientConnections } from '../../../connections/clientConnections';
import { FULL_WAIT_MS } from '../../../connections/connectionGate';
import type { ClientTransport } from '../../../connections/clientTransport';
import { TOKEN_EXPIRED } from '../../../connections/expiry';
import type { ChatGrant } from '../auth/chatGrant';
import type { Closing } from '../wire/closeCodes';
import type { PusherSocket } from '../wire/pusherSocket';

/** The connection of one socket to the core. It opens with the first channel that a user was authorized for. */
export interface ChatConnection {
  /**
   * Opens the connection for the user, session and device of the grant; later grants prolong it. Throws ForbiddenError
   * for another user, UnauthorizedError if the session has ended, UnavailableError if PostgreSQL does not answer.
   */
  authorized(grant: ChatGrant): Promise<ClientConnection>;
  /** Undefined until the first grant. */
  current(): ClientConnection | undefined;
  end(): void;
}

interface Deps {
  socket: PusherSocket;
  address: string;
  clients: Pick<ClientConnections, 'open'>;
  limits: Limits;
  userConnectionQuota: ConnectionQuota;
  /** Called with each event of the core. */
  deliver: (event: ServerEvent) => void;
}

export function createChatConnection(deps: Deps): ChatConnection {
  const { socket, address, clients, limits, userConnectionQuota } = deps;
  let opening: Promise<ClientConnection> | undefined;
  let connection: ClientConnection | undefined;
  let user: string | undefined;
  let expiresAt = 0;
  let hasEnded = false;
  let release = (): void => undefined;

  async function open(grant: ChatGrant): Promise<ClientConnection> {
    const { userId, username, sessionId, deviceId } = grant;
    expiresAt = grant.expiresAt;
    const waitMs =
      limits.take('connect', userId, null) ||
      (userConnectionQuota.isFull(userId) ? FULL_WAIT_MS : 0);
    if (waitMs > 0) {
      // The client comes back after a pause; an error on the channel would never be retried.
      socket.close('overCapacity');
      refuseIf(waitMs);
    }
    release = userConnectionQuota.take(userId);
    try {
      const opened = await clients.open({
        caller: { userId, username, sessionId, expiresAt },
        ...{ address, handshake: { deviceId, brief: false } },
        transport: pusherTransport(socket, deps.deliver),
        start: { follows: [] },
      });
      if (hasEnded) opened.end();
      else opened.begin();
      connection = opened;
      return opened;
    } catch (error) {
      release();
      opening = undefined;
      user = undefined;
      throw error;
    }
  }

  return {
    async authorized(grant) {
      if (user !== undefined && user !== grant.userId)
        throw new ForbiddenError('the connection belongs to another user');
      user = grant.userId;
      opening ??= open(grant);
      const opened = await opening;
      if (grant.expiresAt > expiresAt) {
        expiresAt = grant.expiresAt;
        const { userId, username, sessionId } = grant;
        opened.prolong({ userId, username, sessionId, expiresAt });
      }
      return opened;
    },
    current: () => connection,
    end() {
      hasEnded = true;
      release();
      connection?.end();
    },
  };
}

/** The core's way to a socket. What the client sends travels over REST, so own messages arrive as events. */
function pusherTransport(
  socket: PusherSocket,
  deliver: (event: ServerEvent) => void,
): ClientTransport {
  return {
    id: socket.id,
    capabilities: { acks: true, commands: false, batching: false },
    send: deliver,
    beforeFlush: (callback) => socket.beforeFlush(callback),
    writable: () => socket.writable(),
    whenWritable: (callback) => socket.whenWritable(callback),
    close: (reason) => socket.close(closingFor(reason)),
    pauseReading: (ms) => socket.pauseReading(ms),
  };
}

/** A client whose token expired has to authorize its channels again; one whose session ended must not come back. */
function closingFor(reason: CloseReason): Closing {
  if (reason === TOKEN_EXPIRED) return 'tokenExpired';
  return reason.reconnect ? 'reconnect' : 'sessionEnded';
}
