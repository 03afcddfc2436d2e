import type { Database } from '@chasqui/db';
import type { Announce } from '../fanout/announce';
import type { ContactPolicy } from '../consent/admission';

/** What changing a conversation needs from outside. */
export interface ConversationDeps {
  db: Database;
  announce: Announce;
  /** Seconds for which new conversations keep content; left out or null: for ever. */
  retentionS?: number | null;
  /** What strangers meet; left out: open. */
  contactPolicy?: ContactPolicy;
  /** Something waits for these users since a commit; left out, the sweep finds it. Never throws, never waits. */
  wake?: (userIds: string[]) => void;
  /** These two share a conversation from now on, as one accepted what the other started. Never throws, never waits. */
  onAccepted?: (userId: string, otherId: string) => void;
}
