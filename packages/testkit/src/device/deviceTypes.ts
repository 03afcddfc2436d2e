import type { BriefMessage, Message, WireError } from '@chasqui/protocol';
import type { Socket } from 'socket.io-client';
import type { Answer } from './command';
import type { Gap } from './wireOrder';

export interface DeviceOptions {
  /** Servers to connect to; after a failure the next one is tried. */
  urls: readonly string[];
  token: string;
  userId: string;
  /** Random by default. */
  deviceId?: string;
  batch?: boolean;
  brief?: boolean;
  /** Only WebSocket by default. */
  transports?: readonly ('polling' | 'websocket')[];
  /** Whether it acknowledges entries as soon as it receives them (default), or only when the test does. */
  acknowledges?: boolean;
  /** Called for each event in wire order, after it was logged. */
  onEvent?: (event: string, data: unknown) => void;
  /** For users who are removed and added again: a gap in seq is recorded in `gaps` instead of `violations`. */
  allowsGaps?: boolean;
  /** The server may run an older release that lacks fields with defaults. */
  olderServer?: boolean;
  /** `false` keeps only the latest frame, for long runs. */
  keepsFrames?: boolean;
}

/** An event as it arrived, in wire order. */
export interface Frame {
  /** Number of this device's connection, from 1. */
  connection: number;
  event: string;
  data: unknown;
  at: number;
}

/** One attempt to send, as the sender sees it. */
export interface Attempt {
  conversationId: string;
  clientMessageId: string;
  outcome: 'under way' | 'acknowledged' | 'refused' | 'unknown';
  message?: Message | BriefMessage;
  error?: WireError;
}

export interface SendMore {
  clientMessageId?: string;
  replyToId?: string;
  messageType?: string;
  /** The message was already sent another way, so its seq may be far behind the current one. */
  wasTried?: boolean;
}

/**
 * A user's device: an unmodified socket.io-client that logs every frame, keeps received entries across
 * connections, and checks the order on the wire.
 */
export interface Device {
  readonly userId: string;
  readonly deviceId: string;
  readonly frames: Frame[];
  readonly attempts: Attempt[];
  /** Breaches of the protocol: wrong order, wrong shape, a first event other than `session:ready`. */
  readonly violations: string[];
  /** With `allowsGaps`: each gap in seq. */
  readonly gaps: Gap[];
  socket(): Socket;
  isConnected(): boolean;
  /** Connects once; resolves after `session:ready`, rejects with the `connect_error`. */
  connect(): Promise<void>;
  /** Connects, and reconnects after every loss until `disconnect`. A second call does nothing. */
  stayConnected(): Promise<void>;
  disconnect(): void;
  /** Disconnects permanently: later attempts to connect fail. */
  retire(): void;
  /** Waits for `chat:queue_empty` on this connection; resolves to its `delivered`. */
  drained(withinMs?: number): Promise<number>;
  /** Data of all events of this name, on all connections or only the current one. */
  received(event: string, where?: 'ever' | 'now'): unknown[];
  /** Every entry received in a conversation, in its newest version, by seq. */
  entries(conversationId: string): Message[];
  /** Seqs in wire order on the current connection, including answers to own sends. */
  wire(conversationId: string): number[];
  /** How many entries it received more than once. */
  repeats(): number;
  ask(command: string, ...data: unknown[]): Promise<Answer>;
  /** Sends and logs the outcome, `unknown` without an answer. Never rejects. */
  send(conversationId: string, content: string, more?: SendMore): Promise<Attempt>;
  acknowledge(conversationId: string, seq: number): Promise<Answer>;
  read(conversationId: string, seq: number): Promise<Answer>;
}
