import type { Accounts } from './accounts/accounts';
import type { Blocks } from './blocks/blocks';
import type { Connections } from './connection/live/connections';
import type { Consent } from './consent/consent';
import type { Conversations } from './conversations/conversations';
import type { Members } from './members/members';
import type { Messages } from './messages/messages';
import type { Receipts } from './receipts/receipts';
import type { Sync } from './sync/sync';

/**
 * The chat core of one node. Its methods throw only the errors of @chasqui/protocol. Each method that changes
 * something announces it to the live connections of all nodes after its commit.
 */
export interface ChatCore {
  readonly messages: Messages;
  readonly conversations: Conversations;
  readonly members: Members;
  readonly consent: Consent;
  readonly receipts: Receipts;
  readonly sync: Sync;
  readonly blocks: Blocks;
  readonly accounts: Accounts;
  readonly connections: Connections;

  /** Whether this node repeats events at the moment, because notifications may have been lost (R3). */
  isRepeatingEvents(): boolean;
  /** Stops all timers and waits at most `withinMs` milliseconds for sends and acknowledgements in flight. */
  stop(withinMs: number): Promise<void>;
}
