import type { Database } from '@chasqui/db';
import { type Clock, newId } from '@chasqui/foundation';
import type { ServerEvent } from '@chasqui/protocol';
import type { Locations } from '../../cache/messageLocations';
import type { LocalConnections } from '../../fanout/localConnections';
import { type Location, locateMessage } from '../../messages/readMessages';
import type { AckTarget } from '../../receipts/receipts';
import type { Watermarks } from '../../receipts/watermarks';
import type { AnswerSend, SendRequest } from '../../send/send';
import type { Sender } from '../../send/sender';
import type { BacklogReader } from '../backlog/backlogReader';
import type { Connection } from '../connection';
import type { Following } from '../cursor';
import { createLateAcknowledgements, type LateAcknowledgement } from './lateAcknowledgements';

/** One device's connection to this node, opened by `connections.open`. */
export interface LiveConnection {
  readonly deviceId: string;
  /** Sends `session:ready`, and starts the backlog after it, which ends with `chat:queue_empty`. */
  start(ready: ServerEvent<'session:ready'>): void;
  /** As the connection's: see connection.ts. `followAll(true)` also delivers the backlog of the device. */
  follow(conversationId: string, following?: Following): void;
  unfollow(conversationId: string): void;
  followAll(all: boolean): void;
  /**
   * Sends a message. Calls `answer` exactly once, with the message at its place in seq order (D3) or with the
   * error. Never throws.
   */
  send(request: SendRequest, answer: AnswerSend): void;
  /** Resolves after the commit. Throws ValidationError, NotFoundError, UnavailableError. */
  acknowledge(target: AckTarget, status: 'delivered' | 'read'): Promise<void>;
  /** Removes the connection. A second call does nothing. */
  close(): void;
}

export interface LiveConnectionDeps {
  db: Database;
  clock: Clock;
  connections: LocalConnections;
  locations: Locations;
  backlogs: Pick<BacklogReader, 'recheckUsers'>;
  sender: Sender;
  watermarks: Watermarks;
  /** The user's last connection on this node was closed. */
  onLeft: (userId: string) => void;
}

/** Passes on what the clients of this node send and acknowledge. */
export function createLiveConnection(
  deps: LiveConnectionDeps,
): (connection: Connection, deviceId: string) => LiveConnection {
  const { db, connections, sender, watermarks } = deps;
  const late = createLateAcknowledgements(deps.clock, acknowledge);

  async function locate(connection: Connection, target: AckTarget): Promise<Location> {
    if ('seq' in target) return target;
    const recalled = deps.locations.recall(target.messageId);
    // A message sent on this connection is visible to it. For all others PostgreSQL decides (D9).
    if (recalled !== undefined && connection.wasSent(recalled.conversationId, recalled.seq))
      return recalled;
    return locateMessage(db, connection.userId, target.messageId);
  }

  async function acknowledge({ connection, target, status }: LateAcknowledgement): Promise<void> {
    const { userId, deviceNo } = connection;
    const { conversationId, seq } = await locate(connection, target);
    // The device has processed these entries, so the window opens without waiting for the commit.
    if (connection.wasSent(conversationId, seq)) connection.release(conversationId, seq);
    await watermarks.acknowledge({ userId, deviceNo, conversationId, seq, status });
    for (const other of connections.of(userId)) {
      if (other.deviceNo === deviceNo) other.release(conversationId, seq);
    }
  }

  return (connection, deviceId) => ({
    deviceId,
    start(ready) {
      connection.send(ready);
      connection.start();
    },
    follow: (conversationId, following) => connection.follow(conversationId, following),
    unfollow: (conversationId) => connection.unfollow(conversationId),
    followAll(all) {
      connection.followAll(all);
      if (all) deps.backlogs.recheckUsers([connection.userId]);
    },
    send(request, answer) {
      const id = newId();
      sender.send(id, request, connection.beginSend(id, request.conversationId, answer));
    },
    async acknowledge(target, status) {
      try {
        await acknowledge({ connection, target, status });
      } catch (error) {
        late.keep({ connection, target, status }, error);
        throw error;
      }
    },
    close() {
      // Several listeners report the end of a connection.
      if (connection.isClosed()) return;
      connections.remove(connection);
      connection.close();
      if (!connections.has(connection.userId)) deps.onLeft(connection.userId);
    },
  });
}
