import { randomUUID } from 'node:crypto';
import type { Message } from '@chasqui/protocol';
import type { Outlet } from '../ports/index';

export interface RecordingOutlet extends Outlet {
  /** Everything emitted, in order. */
  readonly frames: { event: string; payload: unknown }[];
  /** The messages among them, single or batched. */
  messages(): Message[];
  seqs(conversationId?: string): number[];
  payloads(event: string): unknown[];
  /** From now on it takes so many frames before it is full. */
  takeOnly(frames: number): void;
  /** The buffer has drained. */
  drain(): void;
  readonly closedFor: string | undefined;
}

/** The outgoing side of a connection that keeps what it is given. */
export function recordingOutlet(onEmit?: (event: string, json: string) => void): RecordingOutlet {
  const frames: RecordingOutlet['frames'] = [];
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
    frames,
    messages,
    seqs: (conversationId) =>
      messages()
        .filter((one) => conversationId === undefined || one.conversation_id === conversationId)
        .map(({ seq }) => seq),
    payloads: (event) => frames.filter((one) => one.event === event).map(({ payload }) => payload),
    emit(event, json) {
      room -= 1;
      frames.push({ event, payload: JSON.parse(json) });
      onEmit?.(event, json);
    },
    lastCall: (callback) => void setImmediate(callback),
    writable: () => room > 0,
    whenWritable: (callback) => void waiting.push(callback),
    close: (reason) => void (closedFor ??= reason),
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
