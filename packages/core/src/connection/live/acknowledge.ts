import type { Database } from '@chasqui/db';
import type { Clock } from '@chasqui/foundation';
import type { Locations } from '../../cache/messageLocations';
import type { LocalConnections } from '../../fanout/localConnections';
import { type Location, locateMessage } from '../../messages/readMessages';
import type { AckTarget } from '../../receipts/receipts';
import type { Watermarks } from '../../receipts/watermarks';
import type { Connection } from '../connection';
import { createLateAcknowledgements, type LateAcknowledgement } from './lateAcknowledgements';

export interface AcknowledgeDeps {
  db: Database;
  clock: Clock;
  connections: LocalConnections;
  locations: Locations;
  watermarks: Watermarks;
}

/** Acknowledges what a client of this node has received, and opens the windows of its device. */
export function createAcknowledge(
  deps: AcknowledgeDeps,
): (acknowledgement: LateAcknowledgement) => Promise<void> {
  const { db, connections, watermarks } = deps;
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

  return async (acknowledgement) => {
    try {
      await acknowledge(acknowledgement);
    } catch (error) {
      late.keep(acknowledgement, error);
      throw error;
    }
  };
}
