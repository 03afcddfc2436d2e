import type { LiveConnection } from '@chasqui/core';
import type { CloseReason } from '@chasqui/core/ports';
import type { Caller } from '@chasqui/identity';
import type { EventBudget } from './eventBudget';

/** One connected client over any transport: its user, its limits and its live connection in the core. */
export interface ClientConnection {
  /** Unique over all nodes. */
  readonly id: string;
  readonly userId: string;
  readonly username: string;
  /** The sessions whose tokens it has presented. It ends with the first of them that ends. */
  readonly sessionIds: string[];
  /** When the token it began with expires, milliseconds since 1970. */
  readonly expiresAt: number;
  readonly address: string;
  /** Answers to sends are brief. */
  readonly brief: boolean;
  readonly live: LiveConnection;
  readonly budget: EventBudget;
  /** Announces the connection and starts delivery; `session:ready` is its first event. */
  begin(): void;
  /** Called when the transport has closed. A second call does nothing. */
  end(): void;
  /** Called when a command was rate-limited: stops reading from a flooding client so that TCP pushes back. */
  refused(): void;
  /** Postpones the disconnect at the expiry of the access token. */
  prolong(caller: Caller): void;
  /** Closes the transport. */
  close(reason: CloseReason): void;
}
