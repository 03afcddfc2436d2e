import { guarded } from '@chasqui/db';
import { createLimiter } from '@chasqui/foundation';
import { UnauthorizedError } from '@chasqui/protocol';
import type { Gauges, Transport } from '../../ports/index';
import type { Sync } from '../../sync/sync';
import type { BacklogReader } from '../backlog/backlogReader';
import { createConnection } from '../connection';
import type { Follows } from '../start/followed';
import type { ResumePoint } from '../start/resumePoint';
import { createFirstDelivery } from './firstDelivery';
import {
  createLiveConnection,
  type LiveConnection,
  type LiveConnectionDeps,
} from './liveConnection';
import { deviceNumber } from './statements';

export interface OpenParams {
  userId: string;
  sessionId: string;
  deviceId: string;
  transport: Transport;
  /** The conversations to deliver; all of the user's unless they are named. `follow` adds further ones. */
  follows?: Follows | undefined;
  /**
   * Where the client is, instead of where the device is. What it says it has received, of the conversations that the
   * connection follows, is acknowledged for the device before delivery starts.
   */
  resume?: ResumePoint | undefined;
}

// Of the pool's connections, so that many devices at once leave room for sends and acknowledgements (fault 28).
const OPENING_AT_ONCE = 4;

/**
 * Registers a device and opens its connection. Throws UnauthorizedError, UnavailableError, and ValidationError for a
 * resume point of another user, of another instance or older than 90 days.
 */
export type OpenConnection = (params: OpenParams) => Promise<LiveConnection>;

export function createOpenConnection(
  deps: LiveConnectionDeps & {
    gauges: Gauges;
    backlogs: BacklogReader;
    /** The position in the user's change log that a sync cursor stands for. */
    positionOf: Sync['positionOf'];
  },
): OpenConnection {
  const { db, clock, gauges, connections } = deps;
  const whenOpening = createLimiter(OPENING_AT_ONCE);
  const toLive = createLiveConnection(deps);
  const firstDelivery = createFirstDelivery({ ...deps, whenOpening });

  async function openDevice({ userId, deviceId, sessionId }: OpenParams): Promise<number> {
    const deviceNo = await deviceNumber.row(db, userId, deviceId, sessionId);
    if (deviceNo === undefined || deviceNo === null) throw new UnauthorizedError();
    return deviceNo;
  }

  return async (params) => {
    const { userId, transport, follows = 'all', resume } = params;
    const since = resume === undefined ? 0 : await deps.positionOf(userId, resume.cursor);
    const deviceNo = await whenOpening(() => guarded(() => openDevice(params)));
    const source = deps.backlogs.sourceFor(userId, deviceNo);
    const connection = createConnection({
      ...{ userId, deviceNo, transport, clock, gauges, follows, ...source },
    });
    // Before the backlog is read, so that no entry falls between it and live delivery (fault 23).
    connections.add(connection);
    try {
      const first = await firstDelivery({ userId, deviceNo, follows, resume, since });
      const early = resume === undefined ? [] : connection.forgetPositions();
      connection.begin(first);
      // They are read again, now that what the client has received is acknowledged.
      for (const { conversationId, target } of early) {
        connection.expect(conversationId, target, undefined);
      }
    } catch (error) {
      connections.remove(connection);
      connection.close();
      throw error;
    }
    return toLive(connection, params.deviceId);
  };
}
