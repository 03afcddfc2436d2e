import { type Database, guarded } from '@chasqui/db';
import { type Clock, createLimiter, type Log } from '@chasqui/foundation';
import { UnauthorizedError } from '@chasqui/protocol';
import type { Watermarks } from '../receipts/watermarks';
import { readBacklog, readEntries, readPositions, type PositionQuestion } from './backlog';
import { createCoalescer } from '../batching/coalesce';
import { createConnection, type Connection } from './connection';
import type { AckTarget } from '../receipts/receipts';
import type { SendRequest, SendResult } from '../send/sendRequest';
import { createLateAcknowledgements, type LateAcknowledgement } from './lateAcknowledgements';
import type { LocalConnections } from '../fanout/localConnections';
import { newMessageId } from '../send/messageIds';
import { locateMessage, type Location } from '../messages/readMessages';
import type { Gauges, Outlet } from '../ports/index';
import type { Sender } from '../send/sender';

export interface LiveDeps {
  db: Database;
  clock: Clock;
  log: Log;
  gauges: Gauges;
  connections: LocalConnections;
  sender: Sender;
  watermarks: Watermarks;
  /** Where a recent message stands, if this node remembers. */
  recall: (messageId: string) => Location | undefined;
  /** The user's last connection on this node is gone. */
  onLeft: (userId: string) => void;
}

/** One device's connection to this node, opened by `connections.open`. */
export interface LiveConnection {
  readonly deviceId: string;
  /** Starts the backlog, which ends with `chat:queue_empty`. Call after emitting `session:ready`. */
  start(): void;
  /**
   * Sends a message. Calls `answer` exactly once, with the message at its place in seq order (D3) or with the
   * error. Never throws.
   */
  send(request: SendRequest, answer: (outcome: SendResult | Error) => boolean): void;
  /** Resolves after the commit. Throws ValidationError, NotFoundError, UnavailableError. */
  acknowledge(target: AckTarget, status: 'delivered' | 'read'): Promise<void>;
  /** Removes the connection. A second call does nothing. */
  close(): void;
}

export interface OpenParams {
  userId: string;
  sessionId: string;
  deviceId: string;
  batch: boolean;
  outlet: Outlet;
}

export interface LiveConnections {
  open(params: OpenParams): Promise<LiveConnection>;
  /** Reads the backlogs of these users again: a wake-up. */
  recheckUsers(userIds: string[]): void;
  /** Looks whether another connection of the device, on another node, has acknowledged. */
  unblock(): Promise<void>;
}

// Of the pool's connections, so that a herd of devices leaves room for sends and acknowledgements.
const OPENING_AT_ONCE = 4;
const READING_AT_ONCE = 4;
const RETRY_MS = 1_000;

/** Opens connections and gives them what they need of PostgreSQL, a few at a time (fault 28). */
export function createLiveConnections(deps: LiveDeps): LiveConnections {
  const { db, connections, sender, watermarks } = deps;
  const whenOpening = createLimiter(OPENING_AT_ONCE);
  const whenReading = createLimiter(READING_AT_ONCE);
  const positions = createCoalescer<
    PositionQuestion,
    { position: number; lastSeq: number } | undefined
  >({
    maxBatch: 500,
    inFlight: 2,
    answerAll: (questions) => readPositions(db, questions),
  });
  // A wake-up that comes while the backlog is being read may tell of something newer: `again`.
  const rechecking = new Map<Connection, { again: boolean }>();
  const late = createLateAcknowledgements(deps.clock, acknowledge);
  let down = false;

  /** An outage is logged once, however many connections meet it. */
  function noteFailure(error: unknown): void {
    if (!down) deps.log.warn({ err: error }, 'reading entries failed; will look again');
    down = true;
  }

  async function reading<T>(read: () => Promise<T>): Promise<T> {
    const found = await whenReading(read);
    down = false;
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

  async function locate(connection: Connection, target: AckTarget): Promise<Location> {
    if ('seq' in target) return target;
    const recalled = deps.recall(target.messageId);
    // What was sent to this connection may be seen by it; for the rest PostgreSQL decides (D9).
    if (recalled !== undefined && connection.wasSent(recalled.conversationId, recalled.seq))
      return recalled;
    return locateMessage(db, connection.userId, target.messageId);
  }

  async function acknowledge({ connection, target, status }: LateAcknowledgement): Promise<void> {
    const { userId, deviceNo } = connection;
    const { conversationId, seq } = await locate(connection, target);
    // The window is about what the device can take, and that it has said; the commit is our own affair.
    if (connection.wasSent(conversationId, seq)) connection.release(conversationId, seq);
    await watermarks.acknowledge({ userId, deviceNo, conversationId, seq, status });
    for (const other of connections.of(userId)) {
      if (other.deviceNo === deviceNo) other.release(conversationId, seq);
    }
  }

  function toLive(connection: Connection, deviceId: string): LiveConnection {
    const { outlet } = connection;
    return {
      deviceId,
      start: () => connection.start(),
      send(request: SendRequest, answer: (outcome: SendResult | Error) => boolean) {
        const id = newMessageId();
        connection.sending(id);
        sender.send(id, request, outlet.id, (result) => {
          if (result instanceof Error) {
            connection.sendEnded(id, request.conversationId);
            answer(result);
          } else if (result.repeated) {
            const { seq } = result.message;
            connection.repeated(id, request.conversationId, seq, () => answer(result));
          } else {
            connection.sent(id, request.conversationId, result.message.seq, () => answer(result));
          }
        });
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
        // Several listeners notice the end of a connection.
        if (connection.isClosed()) return;
        connections.remove(connection);
        connection.close();
        if (!connections.has(connection.userId)) deps.onLeft(connection.userId);
      },
    };
  }

  return {
    async open({ userId, sessionId, deviceId, batch, outlet }) {
      const deviceNo = await whenOpening(() =>
        guarded(async () => {
          const [row] = await db.query('open_device', 'SELECT open_device($1, $2, $3)', [
            userId,
            deviceId,
            sessionId,
          ]);
          return (row as [number | null])[0];
        }),
      );
      if (deviceNo === null) throw new UnauthorizedError();
      const connection = createConnection({
        userId,
        deviceNo,
        batch,
        outlet,
        clock: deps.clock,
        gauges: deps.gauges,
        async readEntries(after, limit) {
          const pages = await reading(() => readEntries(db, userId, after, limit));
          for (const page of pages.values()) deps.gauges.gapRead(page.length);
          return pages;
        },
        readPosition: (conversationId) => positions.ask({ userId, deviceNo, conversationId }),
        onReadFailed: noteFailure,
      });
      // Before the backlog is read, so that nothing falls between it and the live flow (fault 23).
      connections.add(connection);
      try {
        connection.begin(await whenOpening(() => guarded(() => readBacklog(db, userId, deviceNo))));
      } catch (error) {
        connections.remove(connection);
        connection.close();
        throw error;
      }
      return toLive(connection, deviceId);
    },
    recheckUsers(userIds) {
      for (const userId of userIds) {
        for (const connection of connections.of(userId)) void recheck(connection);
      }
    },
    async unblock() {
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
  };
}
