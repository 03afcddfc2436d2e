import type { LiveConnection } from '@chasqui/core';
import type { Caller } from '@chasqui/identity';
import type { EventBudget } from './eventBudget';
import type { ChatSocket } from '../transports/socketio/chatServer';
import type { SocketOutlet } from '../transports/socketio/wire/socketOutlet';

/** A client on the line: who it is, what it may still do, and its place in the delivery path. */
export interface Connection {
  readonly socket: ChatSocket;
  readonly userId: string;
  readonly username: string;
  /** Those whose tokens it has shown; it ends with the first of them that ends. */
  readonly sessionIds: string[];
  /** When the token it began with expires, milliseconds since 1970. */
  readonly expiresAt: number;
  readonly address: string;
  /** Answers to sends are brief. */
  readonly brief: boolean;
  readonly live: LiveConnection;
  readonly outlet: SocketOutlet;
  readonly budget: EventBudget;
  /** It was refused for its haste. Who floods is not listened to for a while: TCP holds what it goes on saying. */
  refused(): void;
  /** Puts off the disconnect at the expiry of the access token. */
  prolong(caller: Caller): void;
}
