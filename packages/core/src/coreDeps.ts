import type { Database } from '@chasqui/db';
import type { Clock, Log } from '@chasqui/foundation';
import type { ContactPolicy } from './consent/admission';
import type { Bus, Gauges, Wakeups } from './ports/index';

/** Everything that the core of one node receives from its app. */
export interface CoreDeps {
  db: Database;
  bus: Bus;
  wakeups: Wakeups;
  clock: Clock;
  gauges: Gauges;
  log: Log;
  /** Milliseconds between two polls of PostgreSQL for lost notifications. */
  recheckMs: number;
  /** First delay of the backoff for a recipient who is offline, milliseconds (D5). */
  firstDelayMs: number;
  /** Omitted: messages never expire. */
  retention?: RetentionLimits;
  /** Whether strangers may write at once or have to ask first; omitted: `open`. */
  contactPolicy?: ContactPolicy;
  /** One of these two accepted a conversation that the other started. Must not throw. */
  onAccepted?: (userId: string, otherId: string) => void;
}

export interface RetentionLimits {
  /** Seconds for which new conversations keep content; null: forever. */
  defaultS: number | null;
  /** Seconds for which any conversation may keep content; null: forever. */
  maxS: number | null;
}
