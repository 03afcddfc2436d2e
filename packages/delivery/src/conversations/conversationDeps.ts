import type { Database } from '@pern/db/connect';
import type { Announce } from '../announce';

/** What changing a conversation needs from outside. */
export interface ConversationDeps {
  db: Database;
  announce: Announce;
  /** Seconds for which new conversations keep content; left out or null: for ever. */
  retentionS?: number | null;
}
