import { type Database, guarded } from '@chasqui/db';
import { type Clock, createLimiter, newId } from '@chasqui/foundation';
import { NotFoundError, UnauthorizedError } from '@chasqui/protocol';
import type { Locations } from '../cache/messageLocations';
import type { AckTarget } from '../receipts/receipts';
import type { SendRequest, SendResult } from '../send/sendRequest';
import type { LocalConnections } from '../fanout/localConnections';
import { locateMessage, type Location } from '../messages/readMessages';
import type { Gauges, Transport } from '../ports/index';
import type { Watermarks } from '../receipts/watermarks';
import type { Sender } from '../send/sender';
import type { SendReply } from '../send/sendReply';
import type { Sync } from '../sync/sync';
import { type BacklogConversation, readBacklog } from './backlog';
import type { BacklogReader } from './backlogReader';
import { type Connection, createConnection } from './connection';
import type { Following } from './cursor';
import type { Follows } from './followed';
import { createLateAcknowledgements, type LateAcknowledgement } from './lateAcknowledgements';
import { readResumed, receivedBy, type ResumePoint } from './resume/resumePoint';

export interface LiveConnectionsDeps {
  db: Database;
  clock: Clock;
  gauges: Gauges;
  connections: LocalConnections;
  locations: Locations;
  backlogs: BacklogReader;
  sender: Sender;
  watermarks: Watermarks;
  /** The position in the user's change log that a sync cursor stands for. */
  positionOf: Sync['positionOf'];
  /** The user's last connection on this node was closed. */
  onLeft: (userId: string) => void;
}

/** One device's connection to this node, opened by `connections.open`. */
export interface LiveConnection {
  readonly deviceId: string;
  /** Starts the backlog, which ends with `chat:queue_empty`. Call after sending `session:ready`. */
  start(): void;
  /** As the connection's: see connection.ts. `followAll(true)` also delivers the backlog of the device. */
  follow(conversationId: string, following?: Following): void;
  unfollow(conversationId: string): void;
  followAll(all: boolean): void;
  /**
   * Sends a message. Calls `answer` exactly once, with the message at its place in seq order (D3) or with the
   * error. `answer` returns false if the command had timed out. Never throws.
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

/** Opens connections, and passes on what their clients send and acknowledge. */
export interface LiveConnections {
  open(params: OpenParams): Promise<LiveConnection>;
}

export function createLiveConnections(deps: LiveConnectionsDeps): LiveConnections {
  const { db, connections, sender, watermarks } = deps;
  const whenOpening = createLimiter(OPENING_AT_ONCE);
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

  /** Replies to a send on its connection, at the message's place in the order of seq (D3). */
  function replyOn(
    connection: Connection,
    id: string,
    { conversationId }: SendRequest,
    answer: (outcome: SendResult | Error) => boolean,
  ): SendReply {
    return {
      origin: connection.id,
      stored: (conversation, entry, message) =>
        connection.offer(conversation, entry, () => answer({ message, repeated: false })),
      repeated: (message) =>
        connection.repeated(id, conversationId, message.seq, () =>
          answer({ message, repeated: true }),
        ),
      failed(error) {
        connection.sendFailed(id, conversationId);
        answer(error);
      },
    };
  }

  function toLive(connection: Connection, deviceId: string): LiveConnection {
    return {
      deviceId,
      start: () => connection.start(),
      follow: (conversationId, following) => connection.follow(conversationId, following),
      unfollow: (conversationId) => connection.unfollow(conversationId),
      followAll(all) {
        connection.followAll(all);
        if (all) deps.backlogs.recheckUsers([connection.userId]);
      },
      send(request, answer) {
        const id = newId();
        connection.sending(id);
        sender.send(id, request, replyOn(connection, id, request, answer));
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
    };
  }

  async function openDevice({ userId, deviceId, sessionId }: OpenParams): Promise<number> {
    const [row] = await db.query('open_device', 'SELECT open_device($1, $2, $3)', [
      userId,
      deviceId,
      sessionId,
    ]);
    const [deviceNo] = row as [number | null];
    if (deviceNo === null) throw new UnauthorizedError();
    return deviceNo;
  }

  /** What is to be delivered first: the backlog of the device, or of the point at which the client resumes. */
  async function readFirst(
    { userId, resume, follows = 'all' }: OpenParams,
    deviceNo: number,
    since: number,
  ): Promise<BacklogConversation[]> {
    // Nothing is read ahead for conversations that the client names later.
    if (resume === undefined && follows.length === 0) return [];
    const backlog = await whenOpening(() => guarded(() => readBacklog(db, userId, deviceNo)));
    if (resume === undefined) return backlog;
    const found = await whenOpening(() =>
      guarded(() => readResumed(db, userId, since, resume.seqs)),
    );
    const received = receivedBy(backlog, found).filter(
      ({ conversationId }) => follows === 'all' || follows.includes(conversationId),
    );
    await Promise.all(
      received.map(({ conversationId, seq }) =>
        watermarks
          .acknowledge({ userId, deviceNo, conversationId, seq, status: 'delivered' })
          // The membership has ended since.
          .catch(unless(NotFoundError)),
      ),
    );
    return found.filter(({ position, lastSeq }) => position < lastSeq);
  }

  return {
    async open(params) {
      const { userId, transport, follows } = params;
      const since =
        params.resume === undefined ? 0 : await deps.positionOf(userId, params.resume.cursor);
      const deviceNo = await whenOpening(() => guarded(() => openDevice(params)));
      const { clock, gauges } = deps;
      const source = deps.backlogs.sourceFor(userId, deviceNo);
      const connection = createConnection({
        ...{ userId, deviceNo, transport, clock, gauges, ...source },
        ...(follows === undefined ? {} : { follows }),
      });
      // Before the backlog is read, so that no entry falls between it and live delivery (fault 23).
      connections.add(connection);
      try {
        connection.begin(await readFirst(params, deviceNo, since));
      } catch (error) {
        connections.remove(connection);
        connection.close();
        throw error;
      }
      return toLive(connection, params.deviceId);
    },
  };
}

/** For a `catch`: drops errors of this class and throws all others. */
function unless(harmless: new () => Error): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof harmless)) throw error;
  };
}
