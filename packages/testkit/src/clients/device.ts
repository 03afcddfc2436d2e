import { randomUUID } from 'node:crypto';
import {
  type BriefMessage,
  type Message,
  messageSchema,
  messageSend,
  messagesReceived,
  queueEmpty,
  serverEvents,
  type WireError,
  wireErrorSchema,
} from '@chasqui/protocol';
import { io, type Socket } from 'socket.io-client';
import { hasShape } from './shape';
import { until } from '../tools/until';

export interface DeviceOptions {
  /** Where it connects; the next one is tried when one fails. */
  urls: readonly string[];
  token: string;
  userId: string;
  /** A name of its own unless told. */
  deviceId?: string;
  batch?: boolean;
  brief?: boolean;
  /** WebSocket alone unless told. */
  transports?: readonly ('polling' | 'websocket')[];
  /** Whether it acknowledges what it is sent, at once; otherwise never by itself. */
  acknowledges?: boolean;
  /** Told every event in its place, after it was logged. */
  onEvent?: (event: string, data: unknown) => void;
  /** Somebody who is removed and added again jumps in seq: jumps are noted, and no complaints. */
  mayJump?: boolean;
  /** It may be connected to a server of a release that does not know every field yet. */
  olderServer?: boolean;
  /** Keeps no frames: for runs that are long. */
  forgetful?: boolean;
}

/** From one seq to another that is not the next, on the wire. */
export interface Jump {
  conversationId: string;
  from: number;
  to: number;
}

/** Something the server said, in the order of the wire. */
export interface Frame {
  /** Which connection of this device, from 1. */
  connection: number;
  event: string;
  data: unknown;
  at: number;
}

/** One attempt to send, as its sender saw it. */
export interface Attempt {
  conversationId: string;
  clientMessageId: string;
  outcome: 'under way' | 'acknowledged' | 'refused' | 'unknown';
  message?: Message | BriefMessage;
  error?: WireError;
}

export type Answer =
  { success: true; answer: Record<string, unknown> } | { success: false; error: WireError };

/**
 * A device of somebody: an unmodified socket.io-client that logs every frame, remembers what it has
 * seen over its connections, and watches the order on the wire.
 */
export interface Device {
  readonly userId: string;
  readonly deviceId: string;
  readonly frames: Frame[];
  readonly attempts: Attempt[];
  /** Everything that broke the contract: an order, a shape, a first word that was not `session:ready`. */
  readonly complaints: string[];
  /** With `mayJump`: where a seq was left out. */
  readonly jumps: Jump[];
  socket(): Socket;
  isConnected(): boolean;
  /** Connects once; resolves after `session:ready`, rejects with the `connect_error`. */
  connect(): Promise<void>;
  /** Connects, and again whenever the connection is lost, until `disconnect`. A second call does nothing. */
  stayConnected(): Promise<void>;
  disconnect(): void;
  /** Disconnects for good: what a test still tries that has run out of time fails. */
  retire(): void;
  /** Resolves to `delivered` of this connection's `chat:queue_empty`. */
  drained(withinMs?: number): Promise<number>;
  /** What it was told by events of this name, over all connections or on the present one. */
  told(event: string, where?: 'ever' | 'now'): unknown[];
  /** What it shows of a conversation: every entry that it has seen, in the newest state, by seq. */
  entries(conversationId: string): Message[];
  /** Seqs in the order of the wire on the present connection, own answers included. */
  wire(conversationId: string): number[];
  /** Frames of messages that it was sent again. */
  repeats(): number;
  ask(command: string, ...data: unknown[]): Promise<Answer>;
  /** Sends and logs the outcome; rejects never. `unknown` when there is no answer. */
  send(conversationId: string, content: string, more?: SendMore): Promise<Attempt>;
  acknowledge(conversationId: string, seq: number): Promise<Answer>;
  read(conversationId: string, seq: number): Promise<Answer>;
}

export interface SendMore {
  clientMessageId?: string;
  replyToId?: string;
  messageType?: string;
  /** It was sent before by another way, so that its place may lie far back. */
  wasTried?: boolean;
}

const ANSWER_WITHIN_MS = 11_000;
const schemas = new Map(serverEvents.map(({ name, data }) => [name as string, data]));

export function createDevice(options: DeviceOptions): Device {
  const { userId, urls, token, batch, brief, acknowledges = true } = options;
  const deviceId = options.deviceId ?? randomUUID();
  const frames: Frame[] = [];
  const attempts: Attempt[] = [];
  const complaints: string[] = [];
  const jumps: Jump[] = [];
  const seen = new Map<string, Map<number, Message>>();
  let onWire = new Map<string, number[]>();
  let connection = 0;
  let current: Socket | undefined;
  let staying = false;
  let retired = false;
  let repeats = 0;
  const due = new Map<string, number>();
  /** Answers to second attempts that were taken for the place of their message. */
  const answeredEarly = new Set<string>();
  /** Answers that came before their place, by conversation: the wire goes on past these seqs. */
  let early = new Map<string, Set<number>>();
  /** Conversations of which this connection was sent an entry. */
  let hasFrames = new Set<string>();
  /** Up to here the device has everything; what it says by an acknowledgement. */
  const reached = new Map<string, number>();
  /** How often each client message id was tried. */
  const tries = new Map<string, number>();

  const socket = (): Socket => {
    if (current === undefined) throw new Error('this device was never connected');
    return current;
  };

  /** A seq on the wire: by an event, or by the answer that takes its place. */
  function passed(conversationId: string, seq: number): void {
    const wire = onWire.get(conversationId) ?? [];
    const last = wire.at(-1);
    if (last !== undefined && seq > last + 1 && options.mayJump === true) {
      jumps.push({ conversationId, from: last, to: seq });
    } else if (last !== undefined && seq !== last + 1) {
      complaints.push(`${seq} after ${last} in ${conversationId} on connection ${connection}`);
    }
    wire.push(seq);
    const answers = early.get(conversationId);
    for (let next = seq + 1; answers?.delete(next) === true; next += 1) wire.push(next);
    onWire.set(conversationId, wire);
  }

  /** The first frame shows whether the answers before it stood in their places. */
  function framed(conversationId: string, seq: number): void {
    const wire = onWire.get(conversationId);
    if (wire !== undefined && !hasFrames.has(conversationId) && seq < (wire[0] ?? 0)) {
      early.set(conversationId, new Set([...wire, ...(early.get(conversationId) ?? [])]));
      onWire.delete(conversationId);
    }
    hasFrames.add(conversationId);
    passed(conversationId, seq);
  }

  function keep(message: Message): void {
    const entries = seen.get(message.conversation_id) ?? new Map<number, Message>();
    const known = entries.get(message.seq);
    if (known !== undefined && known.id !== message.id) {
      complaints.push(`two messages with seq ${message.seq} in ${message.conversation_id}`);
    }
    if (known === undefined || message.version >= known.version) entries.set(message.seq, message);
    seen.set(message.conversation_id, entries);
  }

  function receive(messages: Message[]): void {
    for (const message of messages) {
      if (seen.get(message.conversation_id)?.has(message.seq) === true) repeats += 1;
      // The first attempt was stored: the answer to the second came at once, and this is its place.
      if (!answeredEarly.delete(message.id)) framed(message.conversation_id, message.seq);
      keep(message);
      reach(message.conversation_id, message.seq);
    }
  }

  /** What was answered early is reached once everything before it is there. */
  function reach(conversationId: string, seq: number): void {
    const wire = onWire.get(conversationId)?.at(-1) ?? 0;
    const upTo = Math.max(
      reached.get(conversationId) ?? 0,
      hasFrames.has(conversationId) ? wire : 0,
      seq,
    );
    reached.set(conversationId, upTo);
    if (acknowledges) acknowledgeSoon(conversationId, upTo);
  }

  function acknowledgeSoon(conversationId: string, seq: number): void {
    if (due.size === 0) {
      setImmediate(() => {
        for (const [id, upTo] of due) {
          current?.emit('chat:message_delivered', { conversationId: id, seq: upTo });
        }
        due.clear();
      });
    }
    due.set(conversationId, seq);
  }

  function hear(from: Socket, event: string, data: unknown): void {
    if (from !== current) return;
    const first = frames.at(-1)?.connection !== connection;
    if (first && event !== 'session:ready') complaints.push(`${event} came before session:ready`);
    if (options.forgetful === true) frames.length = 0;
    frames.push({ connection, event, data, at: Date.now() });
    const parsed = schemas.get(event)?.safeParse(data);
    if (parsed?.success !== true || !hasShape(parsed.data, data, options.olderServer)) {
      complaints.push(`${event} of another shape: ${JSON.stringify(data).slice(0, 1_000)}`);
      return;
    }
    if (event === 'chat:message_received') receive([messageSchema.parse(data)]);
    if (event === 'chat:messages_received') receive(messagesReceived.data.parse(data).messages);
    if (event === 'chat:message_updated') {
      const message = messageSchema.parse(data);
      if (seen.get(message.conversation_id)?.has(message.seq) === true) keep(message);
    }
    options.onEvent?.(event, data);
  }

  async function connectTo(url: string): Promise<void> {
    if (retired) throw new Error('this device is retired');
    current?.disconnect();
    connection += 1;
    onWire = new Map();
    early = new Map();
    hasFrames = new Set();
    answeredEarly.clear();
    due.clear();
    const opened = io(url, {
      auth: { token, deviceId, ...(batch && { batch }), ...(brief && { brief }), protocol: 1 },
      transports: [...(options.transports ?? ['websocket'])],
      reconnection: false,
      forceNew: true,
    });
    current = opened;
    opened.onAny((event: string, data: unknown) => hear(opened, event, data));
    await new Promise<void>((resolve, reject) => {
      opened.once('session:ready', () => resolve());
      opened.once('connect_error', (error) => {
        opened.disconnect();
        reject(error);
      });
      opened.once('disconnect', (reason) => reject(new Error(reason)));
    });
  }

  let turn = 0;
  const urlAtTurn = (): string => urls[turn % urls.length] ?? '';

  /** Of the calls to stay connected only the last one goes on. */
  let stay = 0;

  async function connectAnew(mine: number): Promise<void> {
    while (staying && !retired && mine === stay) {
      try {
        await connectTo(urlAtTurn());
        current?.once('disconnect', () => {
          turn += 1;
          setTimeout(() => void connectAnew(mine), 50);
        });
        return;
      } catch {
        turn += 1;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  const ask: Device['ask'] = (command, ...data) =>
    new Promise((resolve, reject) => {
      const asked = socket();
      const over = (reason: string): void => {
        clearTimeout(tooLate);
        asked.off('disconnect', onLost);
        reject(new Error(`${command}: ${reason}`));
      };
      const onLost = (): void => over('the connection was lost');
      const tooLate = setTimeout(() => over('no answer'), ANSWER_WITHIN_MS);
      if (!asked.connected) return over('not connected');
      asked.once('disconnect', onLost);
      asked.emit(command, ...data, (answer: unknown) => {
        clearTimeout(tooLate);
        asked.off('disconnect', onLost);
        // Here, and not after a turn of the event loop, so that it keeps its place among the frames.
        const read = readAnswer(answer);
        if (command === messageSend.name && read.success && asked === current) {
          const { message } = messageSend.answer.parse(read.answer);
          answered(message);
        }
        resolve(read);
      });
    });

  /**
   * The answer to a send stands in the place of its frame; while something holds up what lies before,
   * it may come early, but never late. That of a second attempt may come at any later time: the message
   * has its place already.
   */
  function answered(message: Message | BriefMessage): void {
    const { conversation_id: conversationId, seq } = message;
    const isRetry = (tries.get(message.client_message_id ?? '') ?? 0) > 1;
    const last = onWire.get(conversationId)?.at(-1);
    if (seq === (last ?? 0) + 1 || (!isRetry && (last === undefined || seq <= last))) {
      passed(conversationId, seq);
      if (isRetry) answeredEarly.add(message.id);
    } else if (last === undefined || seq > last) {
      if (isRetry) answeredEarly.add(message.id);
      early.set(conversationId, (early.get(conversationId) ?? new Set()).add(seq));
    }
    if ('kind' in message) keep(message);
    if (seq <= (reached.get(conversationId) ?? 0) + 1) reach(conversationId, seq);
  }

  return {
    userId,
    deviceId,
    frames,
    attempts,
    complaints,
    jumps,
    socket,
    isConnected: () => current?.connected === true,
    connect: () => connectTo(urlAtTurn()),
    async stayConnected() {
      if (staying) return;
      staying = true;
      await connectAnew(++stay);
    },
    disconnect() {
      staying = false;
      current?.disconnect();
    },
    retire() {
      retired = true;
      current?.disconnect();
    },
    async drained(withinMs = 20_000) {
      const of = connection;
      const frame = await until(
        'the backlog has been sent',
        () => frames.find((one) => one.connection === of && one.event === 'chat:queue_empty'),
        withinMs,
      );
      return queueEmpty.data.parse(frame.data).delivered;
    },
    told: (event, where = 'ever') =>
      frames
        .filter((one) => one.event === event && (where === 'ever' || one.connection === connection))
        .map(({ data }) => data),
    entries: (conversationId) =>
      [...(seen.get(conversationId)?.values() ?? [])].sort((a, b) => a.seq - b.seq),
    wire: (conversationId) => onWire.get(conversationId) ?? [],
    repeats: () => repeats,
    ask,
    async send(conversationId, contentEncrypted, { wasTried = false, ...more } = {}) {
      const clientMessageId = more.clientMessageId ?? randomUUID();
      const attempt: Attempt = { conversationId, clientMessageId, outcome: 'under way' };
      attempts.push(attempt);
      tries.set(clientMessageId, (tries.get(clientMessageId) ?? 0) + (wasTried ? 2 : 1));
      const data = { conversationId, contentEncrypted, ...more, clientMessageId };
      try {
        const answer = await ask(messageSend.name, data);
        if (answer.success) {
          attempt.message = messageSend.answer.parse(answer.answer).message;
          attempt.outcome = 'acknowledged';
        } else {
          attempt.error = answer.error;
          attempt.outcome = answer.error.name === 'UnavailableError' ? 'unknown' : 'refused';
        }
      } catch {
        attempt.outcome = 'unknown';
      }
      return attempt;
    },
    acknowledge: (conversationId, seq) => ask('chat:message_delivered', { conversationId, seq }),
    read: (conversationId, seq) => ask('chat:message_read', { conversationId, seq }),
  };
}

function readAnswer(answer: unknown): Answer {
  if (typeof answer !== 'object' || answer === null || !('success' in answer)) {
    throw new Error(`an answer of another shape: ${JSON.stringify(answer)}`);
  }
  const { success, ...rest } = answer;
  if (success === true) return { success: true, answer: rest };
  if (!('error' in rest)) throw new Error(`a refusal without an error: ${JSON.stringify(answer)}`);
  return { success: false, error: wireErrorSchema.parse(rest.error) };
}
