import { isUnavailable } from '@pern/db/storeErrors';
import {
  type Backoff,
  claimWakeup,
  clearDeliveryErrors,
  recordDeliveryError,
  type ScheduledWakeup,
  settleForgotten,
} from '@pern/db/deliveries';
import type { Database } from '@pern/db/connect';
import type { Bus, Log } from '@pern/delivery/ports';
import type { RawJob } from '@pern/redis/consumer';
import type { DeliveryQueue } from '@pern/redis/deliveryQueue';
import type { WakeupOutcome } from './metrics';

export interface WakeRecipientDeps {
  db: Database;
  bus: Bus;
  queue: DeliveryQueue;
  backoff: Backoff;
  /** After so many failures in a row a delivery is given up until somebody asks for it. */
  maxErrors: number;
  log: Log;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * One job: wakes one recipient, through whichever node holds them. Says what it came to and never
 * throws, so that Bull neither retries nor remembers. Running twice, late or early harms nothing:
 * the row decides (D5).
 */
export async function wakeRecipient(deps: WakeRecipientDeps, job: RawJob): Promise<WakeupOutcome> {
  const userId = parseUserId(job.data);
  if (userId === null) {
    deps.log.warn({ jobId: job.id }, 'a malformed job was removed from the queue');
    return 'malformed';
  }
  let next: ScheduledWakeup | undefined;
  try {
    const claim = await claimWakeup(deps.db, { userId, jobId: job.id }, deps.backoff);
    if (claim.outcome !== 'claimed') return claim.outcome;
    next = claim.next;
    if (!(await settleForgotten(deps.db, userId))) return 'settled';

    // Presence is not asked: Redis may have forgotten it, and for a recipient who is offline this
    // hint costs each node a look into a map.
    deps.bus.publish({ type: 'recheck', userIds: [userId] });

    if (claim.hadErrors) await clearDeliveryErrors(deps.db, userId);
    await scheduleNext(deps, next);
    return 'woken';
  } catch (error) {
    return failed(deps, userId, error, next);
  }
}

/** Without it the sweep finds the row overdue, so Redis may fail here. */
async function scheduleNext(
  { queue, log }: WakeRecipientDeps,
  next: ScheduledWakeup,
): Promise<void> {
  await queue.add([next]).catch((error: unknown) => {
    log.warn({ err: error }, 'the next attempt is left to the sweep');
  });
}

async function failed(
  deps: WakeRecipientDeps,
  userId: string,
  error: unknown,
  next: ScheduledWakeup | undefined,
): Promise<WakeupOutcome> {
  const { db, maxErrors, log } = deps;
  // Not this delivery's fault, and nowhere to note it; the sweep makes a new job.
  if (isUnavailable(error)) return 'postponed';
  try {
    const reason = error instanceof Error ? error.message : 'unknown';
    const dead = await recordDeliveryError(db, userId, reason, maxErrors);
    log.error({ userId, err: error, dead }, dead ? 'a delivery was given up' : 'a wake-up failed');
    if (next && !dead) await scheduleNext(deps, next);
  } catch (recording) {
    log.error({ userId, err: error, recording }, 'a wake-up failed and could not be noted');
  }
  return 'error';
}

function parseUserId(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || !('userId' in data)) return null;
  return typeof data.userId === 'string' && UUID.test(data.userId) ? data.userId : null;
}
