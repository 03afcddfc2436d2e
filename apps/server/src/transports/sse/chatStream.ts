import type { ServerResponse } from 'node:http';
import type { ChatCore } from '@chasqui/core';
import type { Clock, Log } from '@chasqui/foundation';
import type { Caller } from '@chasqui/identity';
import { isEventOf, type ServerEvent, ValidationError } from '@chasqui/protocol';
import type { TopicEvent, TopicLog } from '@chasqui/topics';
import type { ClientConnection } from '../../connections/clientConnection';
import type { Client, ClientConnections } from '../../connections/clientConnections';
import { createPositionTracker, type PositionTracker } from './position/positionTracker';
import { createRebase, type Rebase } from './position/rebase';
import type { StreamPosition } from './position/streamPosition';
import { createWrittenEntries } from './position/writtenEntries';
import { announceExpiry } from './stream/announceExpiry';
import { encodeBlock, encodeEvent, encodeRetry } from './stream/eventStream';
import { createRotation, type Rotation } from './stream/rotation';
import type { StreamLimits } from './stream/streamLimits';
import { createStreamTransport, type StreamTransport } from './stream/streamTransport';
import type { ChatSelection } from './subscribe/chatSelection';
import { startPosition } from './position/startPosition';
import { encodeWithId } from './updates/updateStream';
import { writeConversations } from './stream/writeConversations';

export interface ChatStreamDeps {
  core: Pick<ChatCore, 'sync' | 'conversations'>;
  clients: Pick<ClientConnections, 'open'>;
  limits: StreamLimits;
  clock: Clock;
  log: Log;
}

export interface ChatStreamRequest {
  caller: Caller;
  deviceId: string;
  address: string;
  selection: ChatSelection;
  lastEventId: string | undefined;
  /** The core has refused the position in `lastEventId`. */
  isPositionRefused?: boolean;
  response: ServerResponse;
  /** Updates of applications that the stream carries as well. */
  updates:
    { log: Pick<TopicLog, 'subscribe'>; matches: (update: TopicEvent) => boolean } | undefined;
}

/** A stream whose connection to the core is open. */
export interface ChatStream {
  /** Whether it continues after the event that the client named. */
  readonly isResumed: boolean;
  /** Starts delivery; call it once the head of the response is written. */
  begin(): void;
}

/** Opens a stream of the chat. Throws UnauthorizedError if the session has ended, UnavailableError without PostgreSQL. */
export async function openChatStream(
  deps: ChatStreamDeps,
  request: ChatStreamRequest,
): Promise<ChatStream> {
  const { clients, clock } = deps;
  const { caller, deviceId, address, selection } = request;
  const handshake = { deviceId, brief: false };
  const client: Omit<Client, 'transport'> = { caller, address, handshake };
  const start = await startPosition({
    ...deps,
    client,
    selection,
    lastEventId: request.lastEventId,
    isPositionRefused: request.isPositionRefused,
  });
  const state = createStream(deps, request, start.position);
  const { transport } = state;
  try {
    const connection = await clients.open({
      ...client,
      transport,
      start: { follows: selection.follows, resume: start.resume },
    });
    return { isResumed: start.isResumed, begin: () => begin(connection) };
  } catch (error) {
    state.stop();
    // Of another user, or older than a cursor lives: the client starts over.
    if (error instanceof ValidationError && start.resume !== undefined)
      return openChatStream(deps, { ...request, isPositionRefused: true });
    throw error;
  }

  function begin(connection: ClientConnection): void {
    state.onClose(() => connection.end());
    if (transport.isClosed) return;
    transport.write(encodeRetry(deps.limits.retryMs));
    connection.begin();
    state.onClose(announceExpiry({ expiresAt: caller.expiresAt, clock, write: state.write }));
    attachUpdates();
    const isLost = request.lastEventId !== undefined && !start.isResumed;
    if (!isLost) return;
    // The head may have been written while PostgreSQL did not answer, before the position could be checked.
    if (request.lastEventId !== 'earliest') state.write('history-lost', {});
    void writeConversations({ ...deps, userId: caller.userId, selection, write: state.write });
  }

  function attachUpdates(): void {
    if (request.updates === undefined) return;
    const { log: updates, matches } = request.updates;
    const seq = start.position.updatesSeq;
    const earliest = request.lastEventId === 'earliest' ? 'earliest' : undefined;
    const subscription = updates.subscribe(
      { matches, after: seq === undefined ? earliest : { seq } },
      {
        send: (update) => transport.write(encodeWithId(update, state.idAfter(update.seq))),
        lost: (firstSeq) => state.write('updates-lost', { first_seq: firstSeq }),
        writable: () => transport.writable(),
        whenWritable: (callback) => transport.whenWritable(callback),
      },
    );
    state.onClose(() => subscription.close());
    // From here on, a client that received no update continues there.
    void subscription.started.then(({ firstSeq, lost }) => {
      if (lost) state.write('updates-lost', { first_seq: firstSeq });
      state.idAfter(firstSeq - 1);
    });
  }
}

interface Stream {
  transport: StreamTransport;
  write(event: string, data: object): void;
  /** The id of the stream after this update. */
  idAfter(updateSeq: number): string;
  onClose(callback: () => void): void;
  stop(): void;
}

/** The state of one stream: its position advances with what is written. */
function createStream(
  { core, limits, clock, log }: ChatStreamDeps,
  { caller, selection, response }: ChatStreamRequest,
  start: StreamPosition,
): Stream {
  const { userId } = caller;
  const tracker: PositionTracker = createPositionTracker(start);
  const writtenEntries = createWrittenEntries();
  const closings: (() => void)[] = [];
  let isCaughtUp = false;
  let isClosed = false;

  const transport = createStreamTransport({ response, encode, onSent, onClose: stop, log });
  const rotation: Rotation = createRotation({
    ...{ limits, clock },
    random: Math.random,
    rotate: () => transport.rotate(),
  });
  const rebase: Rebase = createRebase({
    ...{ sync: core.sync, userId, selection, tracker, writtenEntries, write },
    failed: (error) => log.warn({ err: error }, 'a stream could not move its position; will retry'),
  });

  function encode(event: ServerEvent): string | undefined {
    if (event.recipients.scope !== 'connection' && !selection.hasEvent(event)) return undefined;
    const { conversationId, seq } = event;
    const isEntry = event.name === 'chat:message_received';
    if (isEntry && conversationId !== null && seq !== null) tracker.sent(conversationId, seq);
    if (isEventOf(event, 'conversation:removed')) tracker.forget(event.data.conversationId);
    return encodeEvent(event, tracker.text());
  }

  function onSent(event: ServerEvent): void {
    writtenEntries.written(event);
    if (event.name === 'chat:queue_empty') {
      isCaughtUp = true;
      rebase.run();
    }
    if (event.name !== 'chat:message_received') return;
    rebase.written();
    rotation.written();
    if (tracker.isFull) transport.rotate();
    else if (isCaughtUp && tracker.shouldRebase) rebase.run();
  }

  function write(event: string, data: object): void {
    transport.write(encodeBlock({ id: tracker.text(), event, data: JSON.stringify(data) }));
  }

  function stop(): void {
    if (isClosed) return;
    isClosed = true;
    rotation.stop();
    rebase.stop();
    for (const closing of closings.splice(0)) closing();
  }

  return {
    transport,
    write,
    idAfter(updateSeq) {
      tracker.sentUpdate(updateSeq);
      return tracker.text();
    },
    onClose(callback) {
      if (isClosed) callback();
      else closings.push(callback);
    },
    stop,
  };
}
