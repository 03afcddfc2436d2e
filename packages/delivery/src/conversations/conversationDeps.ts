import type { Database } from '@pern/db/connect';
import type { Announce } from '../announce';

/** What changing a conversation needs from outside. */
export interface ConversationDeps {
  db: Database;
  announce: Announce;
}
