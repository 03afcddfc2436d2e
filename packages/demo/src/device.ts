import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Acknowledgement,
  type ClientToServerEvents,
  type CommandAnswer,
  errorFromWire,
  type HandshakeAuth,
  type Message,
  type MessageSend,
  type MessageSendAnswer,
  type MessageStatusUpdated,
  type ServerToClientEvents,
} from '@chasqui/protocol';
import { io, type Socket } from 'socket.io-client';
import type { Person } from './person';
import type { Sighting } from './verdict';

/** What a person holds in their hand: an unmodified socket.io-client that notes all it is sent. */
export interface Device {
  readonly person: Person;
  readonly sightings: readonly Sighting[];
  /** How far others have come, as this device was told. */
  readonly receipts: readonly MessageStatusUpdated[];
  /** How many times it was connected. */
  connections(): number;
  isConnected(): boolean;
  /** Up to which seq the server has confirmed this device's acknowledgements. */
  acknowledged(): number;
  /** `delivered` of the present connection's `chat:queue_empty`; undefined before that. */
  backlog(): number | undefined;
  connect(): void;
  /** Acknowledges nothing more on this connection. */
  stopAcknowledging(): void;
  disconnect(): void;
  /** One attempt. Undefined when the connection ended before the answer, so that nobody knows. */
  send(message: MessageSend): Promise<CommandAnswer<MessageSendAnswer> | undefined>;
  read(upTo: Acknowledgement): Promise<boolean>;
}

const ANSWER_WITHIN_MS = 11_000;

/** A device in one conversation. It stays connected from `connect` to `disconnect`. */
export function createDevice(url: string, person: Person, conversationId: string): Device {
  const sightings: Sighting[] = [];
  const receipts: MessageStatusUpdated[] = [];
  let connections = 0;
  let wanted = false;
  let acknowledging = true;
  let seen = 0;
  let acknowledged = 0;
  let isAsking = false;
  let backlog: number | undefined;

  const deviceId = randomUUID();
  const handshake = (token: string): HandshakeAuth => ({
    token,
    deviceId,
    batch: true,
    brief: true,
  });
  const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(url, {
    auth: (proceed) =>
      void person.token().then(
        (token) => proceed(handshake(token)),
        () => {
          socket.disconnect();
          comeBack(500);
        },
      ),
    transports: ['websocket'],
    autoConnect: false,
    forceNew: true,
    reconnectionDelay: 100,
    reconnectionDelayMax: 1_000,
  });

  /** The answer to a command; undefined when the connection ends before it, or it takes too long. */
  function answered<T>(emit: (done: (answer: T) => void) => void): Promise<T | undefined> {
    return new Promise((resolve) => {
      const settle = (answer?: T): void => {
        clearTimeout(timer);
        socket.off('disconnect', giveUp);
        resolve(answer);
      };
      const giveUp = (): void => settle();
      const timer = setTimeout(giveUp, ANSWER_WITHIN_MS);
      socket.once('disconnect', giveUp);
      emit(settle);
    });
  }

  const noteSeq = (seq: number): void => {
    seen = Math.max(seen, seq);
    if (acknowledging) void acknowledge();
  };
  const note = (messages: readonly Message[]): void => {
    const at = performance.now();
    for (const { seq, id, sender_id: senderId, content_encrypted: content } of messages) {
      sightings.push({ seq, id, senderId, content, connection: connections, acknowledged, at });
    }
    noteSeq(Math.max(...messages.map(({ seq }) => seq)));
  };

  /** One at a time: an acknowledgement covers all before it (D6), so the next one says it all. */
  async function acknowledge(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    while (acknowledging && socket.connected && seen > acknowledged) {
      const seq = seen;
      const answer = await answered<CommandAnswer<object>>((done) =>
        socket.emit('chat:message_delivered', { conversationId, seq }, done),
      );
      if (answer?.success === true) acknowledged = Math.max(acknowledged, seq);
      else await delay(answer === undefined ? 50 : waitMs(answer.error));
    }
    isAsking = false;
  }

  socket.on('session:ready', () => {
    connections += 1;
    backlog = undefined;
    if (acknowledging) void acknowledge();
  });
  socket.on('chat:message_received', (message) => note([message]));
  socket.on('chat:messages_received', ({ messages }) => note(messages));
  socket.on('chat:queue_empty', ({ delivered }) => (backlog = delivered));
  socket.on('chat:message_status_updated', (receipt) => receipts.push(receipt));
  // The client comes back by itself, except when the server has closed or refused the connection.
  const comeBack = (afterMs: number): void => {
    if (!wanted || socket.active) return;
    setTimeout(() => wanted && socket.connect(), afterMs);
  };
  socket.on('disconnect', () => comeBack(200));
  socket.on('connect_error', (error) => comeBack('data' in error ? waitMs(error.data) : 200));

  return {
    person,
    sightings,
    receipts,
    connections: () => connections,
    isConnected: () => socket.connected,
    acknowledged: () => acknowledged,
    backlog: () => (socket.connected ? backlog : undefined),
    connect() {
      acknowledging = true;
      wanted = true;
      backlog = undefined;
      socket.connect();
    },
    stopAcknowledging: () => void (acknowledging = false),
    disconnect() {
      wanted = false;
      socket.disconnect();
    },
    async send(message) {
      if (!socket.connected) return undefined;
      const answer = await answered<CommandAnswer<MessageSendAnswer>>((done) =>
        socket.emit('chat:message_send', message, done),
      );
      // An answer stands in the place of the frame.
      if (answer?.success === true) noteSeq(answer.message.seq);
      return answer;
    },
    async read(upTo) {
      if (!socket.connected) return false;
      const answer = await answered<CommandAnswer<object>>((done) =>
        socket.emit('chat:message_read', upTo, done),
      );
      return answer?.success === true;
    },
  };
}

/** What a refusal says about when to try again. */
export function waitMs(error: unknown): number {
  return (errorFromWire(error).retryAfterSeconds ?? 1) * 1000;
}
