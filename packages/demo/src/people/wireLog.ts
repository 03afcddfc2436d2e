import {
  messageDelivered,
  messageReceived,
  messageSend,
  messagesReceived,
  queueEmpty,
  sessionReady,
} from '@chasqui/protocol';
import type { TraceRecord } from '@chasqui/sdk';
import * as z from 'zod';
import type { Reception } from '../report/verdict';

/** What a client sent and received on the wire, where repeated messages are visible. */
export interface WireLog {
  readonly receptions: readonly Reception[];
  /** Connections so far. */
  connections(): number;
  /** Whether the server has sent the whole backlog on the current connection. */
  isDrained(): boolean;
  /** The seq up to which the server has confirmed the client's acknowledgements. */
  acknowledged(): number;
  /** Send attempts beyond the first of each message. */
  repeats(): number;
  /** Whether the server has refused a send because of a rate limit. */
  wasSlowedDown(): boolean;
  /** The last refusal of a send, such as `RateLimitError`; undefined if there was none. */
  lastRefusal(): string | undefined;
  record(this: void, record: TraceRecord): void;
}

// The commands as the SDK sends them.
const sendSchema = z.object({ clientMessageId: z.string() });
const acknowledgementSchema = z.object({ seq: z.number() });
const replySchema = z.object({
  success: z.boolean(),
  error: z.object({ name: z.string() }).optional(),
});

export function createWireLog(): WireLog {
  const receptions: Reception[] = [];
  const attempts = new Map<string, number>();
  let connections = 0;
  let isDrained = false;
  let acknowledged = 0;
  let slowedDown = false;
  let lastRefusal: string | undefined;

  function onEvent(name: string, data: unknown): void {
    if (name === sessionReady.name) {
      connections += 1;
      isDrained = false;
    } else if (name === queueEmpty.name) isDrained = true;
    else if (name === messageReceived.name) note([messageReceived.data.parse(data)]);
    else if (name === messagesReceived.name) note(messagesReceived.data.parse(data).messages);
  }

  function note(messages: readonly { id: string; seq: number }[]): void {
    const at = performance.now();
    for (const { id, seq } of messages) {
      receptions.push({ id, seq, connection: connections, acknowledged, at });
    }
  }

  function onReply(name: string, data: unknown, reply: unknown): void {
    const { success, error } = replySchema.parse(reply);
    if (name === messageDelivered.name && success) {
      acknowledged = Math.max(acknowledged, acknowledgementSchema.parse(data).seq);
    }
    if (name === messageSend.name && error !== undefined) {
      lastRefusal = error.name;
      slowedDown ||= error.name === 'RateLimitError';
    }
  }

  return {
    receptions,
    connections: () => connections,
    isDrained: () => isDrained,
    acknowledged: () => acknowledged,
    repeats: () => [...attempts.values()].reduce((sum, count) => sum + count - 1, 0),
    wasSlowedDown: () => slowedDown,
    lastRefusal: () => lastRefusal,
    record(record) {
      const { name, data } = record;
      if (record.type === 'event') onEvent(name, data);
      else if (record.type === 'reply') onReply(name, data, record.reply);
      else if (name === messageSend.name) {
        const { clientMessageId } = sendSchema.parse(data);
        attempts.set(clientMessageId, (attempts.get(clientMessageId) ?? 0) + 1);
      }
    },
  };
}
