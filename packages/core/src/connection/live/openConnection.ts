import { guarded } from '@chasqui/db';
import { createLimiter } from '@chasqui/foundation';
import { UnauthorizedError } from '@chasqui/protocol';
import type { Gauges, Transport } from '../../ports/index';
import { readBacklog } from '../backlog/backlog';
import type { BacklogReader } from '../backlog/backlogReader';
import { createConnection } from '../connection';
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
}

// Of the pool's connections, so that many devices at once leave room for sends and acknowledgements (fault 28).
const OPENING_AT_ONCE = 4;

/** Registers a device and opens its connection. Throws UnauthorizedError, UnavailableError. */
export type OpenConnection = (params: OpenParams) => Promise<LiveConnection>;

export function createOpenConnection(
  deps: LiveConnectionDeps & { gauges: Gauges; backlogs: BacklogReader },
): OpenConnection {
  const { db, clock, gauges, connections } = deps;
  const whenOpening = createLimiter(OPENING_AT_ONCE);
  const toLive = createLiveConnection(deps);

  async function openDevice({ userId, deviceId, sessionId }: OpenParams): Promise<number> {
    const deviceNo = await deviceNumber.row(db, userId, deviceId, sessionId);
    if (deviceNo === undefined || deviceNo === null) throw new UnauthorizedError();
    return deviceNo;
  }

  return async (params) => {
    const { userId, transport } = params;
    const deviceNo = await whenOpening(() => guarded(() => openDevice(params)));
    const source = deps.backlogs.sourceFor(userId, deviceNo);
    const connection = createConnection({
      ...{ userId, deviceNo, transport, clock, gauges, ...source },
    });
    // Before the backlog is read, so that no entry falls between it and live delivery (fault 23).
    connections.add(connection);
    try {
      connection.begin(await whenOpening(() => guarded(() => readBacklog(db, userId, deviceNo))));
    } catch (error) {
      connections.remove(connection);
      connection.close();
      throw error;
    }
    return toLive(connection, params.deviceId);
  };
}
