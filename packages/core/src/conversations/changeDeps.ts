import type { Database } from '@chasqui/db';
import type { ContactPolicy } from '../consent/admission';
import type { Announce } from '../fanout/announce';

/** Everything that a change to conversations, members or messages depends on. */
export interface ChangeDeps {
  db: Database;
  announce: Announce;
  /** Seconds for which new conversations keep content; null or omitted: forever. */
  retentionS?: number | null;
  /** Whether first contact requires the recipient's consent; omitted: `open`. */
  contactPolicy?: ContactPolicy;
  /**
   * Requests a wake-up for users who have had a pending message since a commit. Returns immediately and never throws.
   * If omitted, the worker's sweep finds them.
   */
  wake?: (userIds: string[]) => void;
  /** One of these users accepted a conversation that the other started. Returns immediately and never throws. */
  onAccepted?: (userId: string, otherId: string) => void;
}
