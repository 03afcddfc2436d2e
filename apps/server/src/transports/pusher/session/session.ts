import type { ChatCore } from '@chasqui/core';
import type { Clock } from '@chasqui/foundation';
import type { PresenceReader, SecurityLog } from '@chasqui/identity';
import type { Action, ConnectionQuota, Limits, TrafficShaper } from '@chasqui/limits';
import type { ClientConnections } from '../../../connections/clientConnections';
import type { ErrorReporter } from '../../../observability/errorReporter';
import type { Signatures } from '../auth/signatures';
import { createChatChannels } from '../channels/chatChannels';
import type { GenericChannels } from '../generic/genericChannels';
import { type ClientFrame, fieldsOf, parseClientFrame } from '../wire/clientFrame';
import type { Closing } from '../wire/closeCodes';
import {
  connectionEstablished,
  errorFrame,
  pingFrame,
  pongFrame,
  subscriptionError,
} from '../wire/protocolFrames';
import type { PusherSocket } from '../wire/pusherSocket';
import { createChatConnection } from './chatConnection';
import { createClientEvents, isClientEvent, TYPING } from './clientEvents';
import { createHeartbeat } from './heartbeat';
import { createPingBarrier } from './pingBarrier';
import { createSignIn } from './signIn';
import { createSubscriptions } from './subscriptions';
import { createWatchlist } from './watchlist';

export interface SessionDeps {
  core: Pick<ChatCore, 'conversations' | 'members' | 'connections'>;
  clients: Pick<ClientConnections, 'open'>;
  presence: PresenceReader;
  chat: Signatures;
  application: Signatures | undefined;
  generic: GenericChannels | undefined;
  limits: Limits;
  userConnectionQuota: ConnectionQuota;
  traffic: TrafficShaper;
  clock: Clock;
  failed: ErrorReporter;
  securityLog: Pick<SecurityLog, 'count'>;
}

/** One client's connection: routes what it sends, and keeps it alive. */
export interface Session {
  /** Call with each text frame. */
  receive(text: string): void;
  /** Call once a second. */
  tick(): void;
  /** Call several times a second. */
  reportBytes(): void;
  /** Resolves when the socket has closed. */
  readonly ended: Promise<void>;
  /** The user of the chat, or whom the application signed in. */
  userId(): string | undefined;
  close(closing: Closing): void;
  /** Call when the socket has closed. */
  end(): void;
}

/** Seconds without a frame after which the client pings. The server does so earlier. */
const ACTIVITY_TIMEOUT_S = 30;
/** Bytes that a connection reads before they are counted for its user. */
const COUNT_EVERY_BYTES = 65_536;

export function createSession(deps: SessionDeps, socket: PusherSocket, address: string): Session {
  const { core, clock, limits } = deps;
  const write = (frame: Buffer): void => socket.write(frame);
  const subscriber = { socketId: socket.id, write };
  let bytes = 0;
  let hasEnded = (): void => undefined;
  const ended = new Promise<void>((resolve) => (hasEnded = resolve));

  const barrier = createPingBarrier({
    clock,
    beforeFlush: (callback) => socket.beforeFlush(callback),
    ping: () => write(pingFrame),
    confirmed(conversationId, seq) {
      // The core repeats an acknowledgement that PostgreSQL did not take; a removed member has nothing to acknowledge.
      connection
        .current()
        ?.live.acknowledge({ conversationId, seq }, 'delivered')
        .catch(() => undefined);
    },
  });
  const connection = createChatConnection({
    ...{ socket, address, clients: deps.clients, limits },
    userConnectionQuota: deps.userConnectionQuota,
    deliver(event) {
      channels.deliver(event);
      watchlist.deliver(event);
    },
  });
  const channels = createChatChannels({
    ...{ core, presence: deps.presence, write },
    feed: async (grant) => (await connection.authorized(grant)).live,
    written: (conversationId, seq) => barrier.written(conversationId, seq),
    left: (isDelivered) => barrier.keepOnly(isDelivered),
  });
  const watchlist = createWatchlist({ core, presence: deps.presence, write });
  const signIn = createSignIn({
    ...{ socketId: socket.id, chat: deps.chat, application: deps.application, write, clock },
    signedIn({ grant }) {
      if (grant === undefined) return;
      connection
        .authorized(grant)
        .then(() => watchlist.open(grant.userId))
        .catch((error: unknown) => {
          const { message } = deps.failed(error, { event: 'pusher:signin' });
          write(errorFrame(4009, message));
        });
    },
  });
  const userId = (): string | undefined => connection.current()?.userId ?? signIn.userId();
  const subscriptions = createSubscriptions({
    ...{ subscriber, chat: deps.chat, application: deps.application, generic: deps.generic },
    ...{ chatChannels: channels, clock, failed: deps.failed, securityLog: deps.securityLog },
    signIn: { grant: () => signIn.grant(), userId },
  });
  const clientEvents = createClientEvents({
    ...{ core, clock, subscriber, generic: deps.generic, failed: deps.failed },
    connection: () => connection.current(),
    kindOf: (name) => subscriptions.kindOf(name),
  });
  const heartbeat = createHeartbeat({
    ...{ clock, socket, barrier, close: (closing) => socket.close(closing) },
    isInUse: () => subscriptions.size() > 0 || userId() !== undefined,
  });

  /** The limited action of a frame; null for an expected pong. */
  function actionOf({ event }: ClientFrame): Action | null {
    switch (event) {
      case 'pusher:pong':
        return barrier.waitingMs() > 0 ? null : 'heartbeat';
      case 'pusher:ping':
        return 'heartbeat';
      case 'pusher:subscribe':
      case 'pusher:unsubscribe':
      case 'pusher:signin':
        return 'subscribe';
      case TYPING:
        return 'typing';
      default:
        return isClientEvent(event) ? 'clientEvent' : 'unknown';
    }
  }

  function refuse(frame: ClientFrame): void {
    connection.current()?.refused();
    const { channel } = fieldsOf(frame);
    if (frame.event === 'pusher:subscribe' && typeof channel === 'string') {
      const error = 'too many requests';
      write(subscriptionError(channel, { type: 'LimitReached', error, status: 429 }));
    } else {
      write(errorFrame(isClientEvent(frame.event) ? 4301 : null, 'too many requests'));
    }
  }

  function handle(frame: ClientFrame): void {
    switch (frame.event) {
      case 'pusher:ping':
        write(pongFrame);
        return;
      case 'pusher:pong':
        barrier.pong();
        return;
      case 'pusher:subscribe':
        subscriptions.subscribe(fieldsOf(frame));
        return;
      case 'pusher:unsubscribe':
        subscriptions.unsubscribe(fieldsOf(frame));
        return;
      case 'pusher:signin':
        signIn.signIn(fieldsOf(frame));
        return;
      default:
        if (isClientEvent(frame.event)) clientEvents.receive(frame);
        else write(errorFrame(null, 'there is no such event'));
    }
  }

  /** TCP slows down a user who sends more than their share. */
  function countBytes(length: number): void {
    bytes += length;
    const current = connection.current();
    if (bytes < COUNT_EVERY_BYTES || current === undefined) return;
    const waitMs = deps.traffic.read(bytes, current.userId, address);
    bytes = 0;
    if (waitMs > 0) socket.pauseReading(waitMs);
  }

  write(connectionEstablished(socket.id, ACTIVITY_TIMEOUT_S));

  return {
    receive(text) {
      heartbeat.received();
      countBytes(text.length);
      const frame = parseClientFrame(text);
      const action = frame === undefined ? 'unknown' : actionOf(frame);
      const waitMs = action === null ? 0 : limits.take(action, userId() ?? null, address);
      if (frame === undefined) {
        if (waitMs > 0) socket.terminate('floods');
        else write(errorFrame(null, 'a frame is a JSON object with an event'));
      } else if (waitMs > 0) refuse(frame);
      else handle(frame);
    },
    tick: () => heartbeat.tick(),
    reportBytes: () => socket.reportBytes(),
    ended,
    userId,
    close: (closing) => socket.close(closing),
    end() {
      barrier.stop();
      subscriptions.end();
      connection.end();
      hasEnded();
    },
  };
}
