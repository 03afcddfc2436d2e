import { type ChatCore, type OpenParams, sessionReady } from '@chasqui/core';
import type { Bus } from '@chasqui/core/ports';
import type { Log } from '@chasqui/foundation';
import type { Caller, SessionCache, SessionEndings } from '@chasqui/identity';
import type { Bulkheads, RejectBackoff } from '@chasqui/limits';
import type { PresenceTracker } from '@chasqui/presence';
import {
  type Capability,
  type Handshake,
  type ServerEvent,
  UnauthorizedError,
} from '@chasqui/protocol';
import type { ClientTransport } from './clientTransport';
import type { ClientConnection } from './clientConnection';
import type { EventBudget } from './eventBudget';
import { createExpiry } from './expiry';
import { readyFirst } from './readyFirst';
import { createConnectionRegistry } from './registry';
import { guardSessions } from './sessionGuard';

/** The part of the wake-ups that concerns returning users. */
export interface Arrivals {
  /** Restarts the user's backoff. Never throws, never waits. */
  promote(userId: string): void;
}

interface Deps {
  core: Pick<ChatCore, 'connections'>;
  presence: PresenceTracker;
  wakeups: Arrivals;
  sessionCache: SessionCache;
  endings: SessionEndings;
  bus: Bus;
  bulkheads: Bulkheads;
  rejectBackoff: RejectBackoff;
  createBudget: () => EventBudget;
  /** What this node offers; announced to every client. */
  capabilities: readonly Capability[];
  log: Log;
}

/** A client that has presented a valid token. */
export interface Client {
  caller: Caller;
  address: string;
  handshake: Pick<Handshake, 'deviceId' | 'brief'>;
  transport: ClientTransport;
  /** Which conversations it receives, and where it resumes; see the core's `OpenParams`. */
  start?: Pick<OpenParams, 'follows' | 'resume'>;
}

/** The clients connected to this node, over all transports. */
export interface ClientConnections {
  /**
   * Registers the client with the core. The transport then calls `begin` once it can send, and `end` when it has
   * closed. Throws UnauthorizedError if the session ended in the meantime.
   */
  open(client: Client): Promise<ClientConnection>;
  size(): number;
  stop(): void;
}

export function createClientConnections(deps: Deps): ClientConnections {
  const { core, presence, rejectBackoff } = deps;
  const registry = createConnectionRegistry();
  const guard = guardSessions({ ...deps, registry });
  const expiry = createExpiry();

  async function open({
    caller,
    address,
    handshake,
    transport,
    start,
  }: Client): Promise<ClientConnection> {
    const { userId, sessionId } = caller;
    const budget = deps.createBudget();
    const readied = readyFirst(transport, (event) => earn(budget, event));
    const deviceId = handshake.deviceId ?? sessionId;
    const live = await deps.bulkheads.run('connect', { address, userId }, () =>
      core.connections.open({ userId, sessionId, deviceId, transport: readied, ...start }),
    );
    if (guard.endedJustNow(sessionId)) {
      live.close();
      throw new UnauthorizedError();
    }
    let hasBegun = false;
    const connection: ClientConnection = {
      id: transport.id,
      userId,
      username: caller.username,
      sessionIds: [sessionId],
      expiresAt: caller.expiresAt,
      address,
      brief: handshake.brief,
      live,
      budget,
      begin() {
        hasBegun = true;
        registry.add(connection);
        expiry.set(connection, connection);
        presence.connected(userId, transport.id);
        live.start(sessionReady(userId, deviceId, deps.capabilities));
        deps.wakeups.promote(userId);
      },
      end() {
        live.close();
        if (!hasBegun) return;
        hasBegun = false;
        registry.remove(connection);
        expiry.clear(connection);
        presence.disconnected(userId, transport.id);
      },
      refused() {
        const waitMs = rejectBackoff.refused(userId);
        if (waitMs > 0) transport.pauseReading(waitMs);
      },
      prolong(fresh) {
        registry.link(connection, fresh.sessionId);
        expiry.set(connection, fresh);
      },
      close: (reason) => transport.close(reason),
    };
    return connection;
  }

  return { open, size: () => registry.size(), stop: () => guard.stop() };
}

/** Each message sent to a client earns it acknowledgements. */
function earn(budget: EventBudget, { name }: ServerEvent): void {
  if (name === 'chat:message_received') budget.earn(1);
  else if (name === 'chat:messages_received') budget.earn(100);
}
