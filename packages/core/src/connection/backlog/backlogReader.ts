import { type Database, isRefusal } from '@chasqui/db';
import { type Clock, createBatcher, createLimiter, type Log } from '@chasqui/foundation';
import { UnavailableError } from '@chasqui/protocol';
import type { LocalConnections } from '../../fanout/localConnections';
import type { Gauges } from '../../ports/index';
import { type PositionQuestion, readBacklog, readEntries, readPositions } from './backlog';
import type { Connection } from '../connection';
import type { GapSource } from './gapReader';

/** Reads backlogs, gaps and positions for the connections of this node, a few at a time (fault 28). */
export interface BacklogReader {
  /** Reads the backlogs of these users' connections again: a wake-up, or a new membership. */
  recheckUsers(userIds: readonly string[]): void;
  /** Frees windows whose entries another connection of the device, on another node, has acknowledged. */
  releaseBlocked(): Promise<void>;
  /** What one connection reads by itself. */
  sourceFor(userId: string, deviceNo: number): GapSource;
}

// Of the pool's connections, so that many devices at once leave room for sends and acknowledgements.
const READING_AT_ONCE = 4;
const RETRY_MS = 1_000;

export function createBacklogReader(deps: {
  db: Database;
  clock: Clock;
  log: Log;
  gauges: Gauges;
  connections: LocalConnections;
}): BacklogReader {
  const { db, connections } = deps;
  const whenReading = createLimiter(READING_AT_ONCE);
  const positions = createBatcher<
    PositionQuestion,
    { position: number; lastSeq: number } | undefined
  >({
    maxBatch: 500,
    inFlight: 2,
    overflow: () => new UnavailableError('the store is too slow; try again'),
    isRefusal,
    answerAll: (questions) => readPositions(db, questions),
  });
  // A wake-up during a read may announce newer entries, so `again` repeats the read.
  const rechecking = new Map<Connection, { again: boolean }>();
  let isDown = false;

  /** An outage is logged once, however many connections are affected. */
  function noteFailure(error: unknown): void {
    if (!isDown) deps.log.warn({ err: error }, 'reading entries failed; will retry');
    isDown = true;
  }

  async function reading<T>(read: () => Promise<T>): Promise<T> {
    const found = await whenReading(read);
    isDown = false;
    return found;
  }

  async function recheck(connection: Connection): Promise<void> {
    const running = rechecking.get(connection);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const mine = { again: true };
    rechecking.set(connection, mine);
    try {
      while (mine.again) {
        mine.again = false;
        const { userId, deviceNo } = connection;
        const backlog = await reading(() => readBacklog(db, userId, deviceNo));
        for (const { conversationId, lastSeq, position } of backlog) {
          connection.expect(conversationId, lastSeq, position);
        }
      }
    } catch (error) {
      noteFailure(error);
      deps.clock.setTimeout(() => {
        if (!connection.isClosed()) void recheck(connection);
      }, RETRY_MS);
    } finally {
      rechecking.delete(connection);
    }
  }

  return {
    recheckUsers(userIds) {
      for (const userId of userIds) {
        for (const connection of connections.of(userId)) void recheck(connection);
      }
    },
    async releaseBlocked() {
      for (const connection of connections.all()) {
        const { userId, deviceNo } = connection;
        for (const conversationId of connection.blockedBy()) {
          const found = await positions
            .ask({ userId, deviceNo, conversationId })
            .catch(() => undefined);
          if (found !== undefined) connection.release(conversationId, found.position);
        }
      }
    },
    sourceFor: (userId, deviceNo) => ({
      async readEntries(after, limit) {
        const pages = await reading(() => readEntries(db, userId, after, limit));
        for (const page of pages.values()) deps.gauges.gapRead(page.length);
        return pages;
      },
      readPosition: (conversationId) => positions.ask({ userId, deviceNo, conversationId }),
      onReadFailed: noteFailure,
    }),
  };
}
