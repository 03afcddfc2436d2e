import { setTimeout as pause } from 'node:timers/promises';
import { isUuid, UnavailableError } from '@chasqui/protocol';
import type { Database } from '../connection/connect';
import {
  type DeadLetter,
  deadLettersBefore,
  purgeStep,
  userIdById,
  userIdByName,
} from '../statements/deadLetters';
import { reviveDeadDeliveries, type ScheduledWakeup } from '../statements/wakeups';
import { guarded } from '../connection/errors/storeErrors';

export type { DeadLetter } from '../statements/deadLetters';

/** The last entry of a page of dead letters. */
export interface DeadLetterPlace {
  /** ISO 8601. */
  at: string;
  id: string;
}

/** Returns one page of dead letters, latest first. Throws UnavailableError. */
export function deadLetters(
  db: Database,
  { limit, after }: { limit: number; after?: DeadLetterPlace | undefined },
): Promise<DeadLetter[]> {
  return guarded(() => deadLettersBefore.rows(db, after?.at ?? null, after?.id ?? null, limit));
}

/**
 * Retries the dead deliveries of these users: their backoff restarts and they are due now. Returns the wake-ups.
 * Callers need not enqueue them, because the sweep finds them overdue. Throws UnavailableError.
 */
export function retryDeadLetters(db: Database, userIds: string[]): Promise<ScheduledWakeup[]> {
  return guarded(() => reviveDeadDeliveries.rows(db, userIds));
}

const CALLS_AT_MOST = 500;
const BUSY_MS = 20;

/**
 * Gives up the wake-ups of a user whose delivery is dead, for everything that waits now (see purge_delivery).
 * Returns false when the user has no dead delivery. Throws UnavailableError while a conversation stays
 * busy; what was purged by then stays purged, and a second call continues.
 */
export async function purgeDeadLetter(db: Database, userId: string): Promise<boolean> {
  for (let call = 0; call < CALLS_AT_MOST; call += 1) {
    const outcome = await guarded(() => purgeStep.row(db, userId));
    // After the first call: another purge finished the rest, or the user has returned. It is not dead either way.
    if (outcome !== 'more') return outcome === 'gone' || call > 0;
    if (call > 0) await pause(BUSY_MS);
  }
  throw new UnavailableError('conversations of this user are busy; try again');
}

/** Finds a user by id, or by user name in any case. Returns null when there is none. */
export async function findUserId(db: Database, idOrName: string): Promise<string | null> {
  const find = isUuid(idOrName) ? userIdById : userIdByName;
  return (await guarded(() => find.row(db, idOrName))) ?? null;
}
