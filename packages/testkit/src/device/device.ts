import { randomUUID } from 'node:crypto';
import {
  type BriefMessage,
  type Message,
  messageSchema,
  messageSend,
  messagesReceived,
  queueEmpty,
  serverEvents,
} from '@chasqui/protocol';
import { io, type Socket } from 'socket.io-client';
import { until } from '../tools/until';
import { type Answer, sendCommand } from './command';
import type { Attempt, Device, DeviceOptions, Frame } from './deviceTypes';
import { createReceivedEntries } from './receivedEntries';
import { hasShape } from './shape';
import { createWireOrder } from './wireOrder';

const schemas = new Map(serverEvents.map(({ name, data }) => [name as string, data]));

/** A device that is not connected yet. */
export function createDevice(options: DeviceOptions): Device {
  const { userId, urls, token, batch, brief, acknowledges = true } = options;
  const deviceId = options.deviceId ?? randomUUID();
  const frames: Frame[] = [];
  const attempts: Attempt[] = [];
  const violations: string[] = [];
  let connection = 0;
  let current: Socket | undefined;
  let staying = false;
  let retired = false;
  let repeats = 0;
  const order = createWireOrder({
    allowsGaps: options.allowsGaps === true,
    onViolation: (why) => void violations.push(`${why} on connection ${connection}`),
  });
  const received = createReceivedEntries((why) => void violations.push(why));
  /** Acknowledgements to send, by conversation. */
  const due = new Map<string, number>();
  /** The seq up to which the device has every entry, and which it acknowledges. */
  const reached = new Map<string, number>();
  /** How often each client message id was sent. */
  const tries = new Map<string, number>();

  const socket = (): Socket => {
    if (current === undefined) throw new Error('this device was never connected');
    return current;
  };

  function receive(messages: Message[]): void {
    for (const message of messages) {
      if (received.has(message)) repeats += 1;
      order.frame(message);
      received.keep(message);
      reach(message.conversation_id, message.seq);
    }
  }

  /** An early answer counts as reached once every entry before it has arrived. */
  function reach(conversationId: string, seq: number): void {
    const upTo = Math.max(
      reached.get(conversationId) ?? 0,
      order.completeUpTo(conversationId),
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

  function handleEvent(from: Socket, event: string, data: unknown): void {
    if (from !== current) return;
    const isFirst = frames.at(-1)?.connection !== connection;
    if (isFirst && event !== 'session:ready') violations.push(`${event} came before session:ready`);
    if (options.keepsFrames === false) frames.length = 0;
    frames.push({ connection, event, data, at: Date.now() });
    const parsed = schemas.get(event)?.safeParse(data);
    if (parsed?.success !== true || !hasShape(parsed.data, data, options.olderServer)) {
      violations.push(`unexpected shape of ${event}: ${JSON.stringify(data).slice(0, 1_000)}`);
      return;
    }
    if (event === 'chat:message_received') receive([messageSchema.parse(data)]);
    if (event === 'chat:messages_received') receive(messagesReceived.data.parse(data).messages);
    if (event === 'chat:message_updated') {
      const message = messageSchema.parse(data);
      if (received.has(message)) received.keep(message);
    }
    options.onEvent?.(event, data);
  }

  async function connectTo(url: string): Promise<void> {
    if (retired) throw new Error('this device is retired');
    current?.disconnect();
    connection += 1;
    order.reset();
    due.clear();
    const opened = io(url, {
      auth: { token, deviceId, ...(batch && { batch }), ...(brief && { brief }), protocol: 1 },
      transports: [...(options.transports ?? ['websocket'])],
      reconnection: false,
      forceNew: true,
    });
    current = opened;
    opened.onAny((event: string, data: unknown) => handleEvent(opened, event, data));
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

  /** Number of the latest `stayConnected`; loops of earlier calls end. */
  let stay = 0;

  async function reconnect(mine: number): Promise<void> {
    while (staying && !retired && mine === stay) {
      try {
        await connectTo(urlAtTurn());
        current?.once('disconnect', () => {
          turn += 1;
          setTimeout(() => void reconnect(mine), 50);
        });
        return;
      } catch {
        turn += 1;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  const ask: Device['ask'] = async (command, ...data) => {
    const asked = socket();
    return sendCommand(asked, command, data, (answer: Answer) => {
      if (command === messageSend.name && answer.success && asked === current) {
        handleSent(messageSend.answer.parse(answer.answer).message);
      }
    });
  };

  function handleSent(message: Message | BriefMessage): void {
    const { conversation_id: conversationId, seq } = message;
    order.answer(message, (tries.get(message.client_message_id ?? '') ?? 0) > 1);
    if ('kind' in message) received.keep(message);
    if (seq <= (reached.get(conversationId) ?? 0) + 1) reach(conversationId, seq);
  }

  return {
    userId,
    deviceId,
    frames,
    attempts,
    violations,
    gaps: order.gaps,
    socket,
    isConnected: () => current?.connected === true,
    connect: () => connectTo(urlAtTurn()),
    async stayConnected() {
      if (staying) return;
      staying = true;
      await reconnect(++stay);
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
        'the backlog was sent',
        () => frames.find((one) => one.connection === of && one.event === 'chat:queue_empty'),
        withinMs,
      );
      return queueEmpty.data.parse(frame.data).delivered;
    },
    received: (event, where = 'ever') =>
      frames
        .filter((one) => one.event === event && (where === 'ever' || one.connection === connection))
        .map(({ data }) => data),
    entries: (conversationId) => received.of(conversationId),
    wire: (conversationId) => order.seqs(conversationId),
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
