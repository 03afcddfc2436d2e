import type { ServerEvent } from '@chasqui/protocol';

export interface TransportCapabilities {
  /**
   * The client acknowledges entries over this transport. Without it, the send window (R4) does not apply: nothing
   * would ever open it again.
   */
  readonly acks: boolean;
  /**
   * The client sends commands over this transport and receives their answers in order with the events. Without it,
   * the client's own messages arrive as events like all others.
   */
  readonly commands: boolean;
  /** The client understands `chat:messages_received`. */
  readonly batching: boolean;
}

/** Why the server closes a connection. */
export interface CloseReason {
  /** For the log. */
  readonly text: string;
  /** Whether the client may come back by itself: false when its session has ended. */
  readonly reconnect: boolean;
}

/**
 * The way to one client: what a protocol such as Socket.IO, server-sent events or a test's memory implements for the
 * core. A transport encodes events, once per event, and reports when its buffer is full. It makes no decision about
 * order, repetition or recipients.
 */
export interface Transport {
  /** Unique over all nodes for the life of the connection. */
  readonly id: string;
  readonly capabilities: TransportCapabilities;
  /** Sends one event; events leave in the order of the calls. Never throws; after the connection has closed it does nothing. */
  send(event: ServerEvent): void;
  /** Calls back once, before anything that was sent in this turn of the event loop leaves. */
  beforeFlush(callback: () => void): void;
  /** False while more bytes wait in the connection's buffer than the limit (slow consumer). */
  writable(): boolean;
  /** Calls back once, when the buffer has drained below the limit. */
  whenWritable(callback: () => void): void;
  close(reason: CloseReason): void;
}
