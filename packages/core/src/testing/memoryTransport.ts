import { randomUUID } from 'node:crypto';
import type { Message, ServerEvent } from '@chasqui/protocol';
import type { Transport, TransportCapabilities } from '../ports/index';

export interface MemoryTransport extends Transport {
  /** Everything sent, in order. */
  readonly frames: { event: string; payload: unknown }[];
  /** All messages sent, single or batched. */
  messages(): Message[];
  seqs(conversationId?: string): number[];
  payloads(event: string): unknown[];
  /** Accepts this many more frames before the buffer is full. */
  takeOnly(frames: number): void;
  /** Drains the buffer. */
  drain(): void;
  readonly closedFor: string | undefined;
}

export interface MemoryTransportOptions {
  capabilities?: Partial<TransportCapabilities>;
  /** Called after each event was sent. */
  onSend?: (event: ServerEvent) => void;
  onClose?: (reason: string) => void;
}

const ALL: TransportCapabilities = { acks: true, commands: true, batching: false };

// Encoded once for all connections, like a real transport.
const texts = new WeakMap<ServerEvent, string>();

function encode(event: ServerEvent): string {
  let text = texts.get(event);
  if (text === undefined) texts.set(event, (text = event.json));
  return text;
}

/** A transport in memory that records what it is sent. */
export function memoryTransport({
  capabilities,
  onSend,
  onClose,
}: MemoryTransportOptions = {}): MemoryTransport {
  const frames: MemoryTransport['frames'] = [];
  let room = Infinity;
  let waiting: (() => void)[] = [];
  let closedFor: string | undefined;
  const messages = (): Message[] =>
    frames.flatMap(({ event, payload }) => {
      if (event === 'chat:message_received') return [payload as Message];
      return event === 'chat:messages_received'
        ? (payload as { messages: Message[] }).messages
        : [];
    });
  return {
    id: randomUUID(),
    capabilities: { ...ALL, ...capabilities },
    frames,
    messages,
    seqs: (conversationId) =>
      messages()
        .filter((one) => conversationId === undefined || one.conversation_id === conversationId)
        .map(({ seq }) => seq),
    payloads: (event) => frames.filter((one) => one.event === event).map(({ payload }) => payload),
    send(event) {
      if (closedFor !== undefined) return;
      room -= 1;
      frames.push({ event: event.name, payload: JSON.parse(encode(event)) });
      onSend?.(event);
    },
    beforeFlush: (callback) => void setImmediate(callback),
    writable: () => room > 0,
    whenWritable(callback) {
      if (room > 0) queueMicrotask(callback);
      else waiting.push(callback);
    },
    close({ text }) {
      if (closedFor !== undefined) return;
      closedFor = text;
      onClose?.(text);
    },
    takeOnly: (more) => void (room = more),
    drain() {
      room = Infinity;
      const callbacks = waiting;
      waiting = [];
      for (const callback of callbacks) callback();
    },
    get closedFor() {
      return closedFor;
    },
  };
}
