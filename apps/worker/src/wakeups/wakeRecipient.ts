import type { Bus } from '@chasqui/core/ports';
import {
  type Backoff,
  claimWakeup,
  clearDeliveryErrors,
  type Database,
  isUnavailable,
  recordDeliveryError,
  type ScheduledWakeup,
  clearPendingOfUser,
} from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import type { DeliveryQueue, RawJob } from '@chasqui/redis';
import type { WakeupOutcome } from '../observability/metrics';

export interface WakeRecipientDeps {
  db: Database;
  bus: Bus;
  queue: DeliveryQueue;
  backoff: Backoff;
  /**
   * After this many failures in a row, the delivery is dead until an operator retries it or the user returns.
   */
  maxErrors: number;
  log: Log;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Processes one job: wakes one recipient, through whichever node holds their connections. Returns the outcome and
 * never throws, so that Bull neither retries nor keeps the job. A job that runs twice, late or early is harmless: the
 * row decides (D5).
 */
export async function wakeRecipient(deps: WakeRecipientDeps, job: RawJob): Promise<WakeupOutcome> {
  const userId = parseUserId(job.data);
  if (userId === null) {
    deps.log.warn({ jobId: job.id }, 'removed a malformed job from the queue');
    return 'malformed';
  }
  let next: ScheduledWakeup | undefined;
  try {
    const claim = await claimWakeup(deps.db, { userId, jobId: job.id }, deps.backoff);
    if (claim.outcome !== 'claimed') return claim.outcome;
    next = claim.next;
    if (!(await clearPendingOfUser(deps.db, userId))) return 'settled';

    // Presence is not checked: Redis may have lost it, and for an offline recipient this notification costs each node
    // one map look-up.
    deps.bus.publish({ type: 'recheck', userIds: [userId] });

    if (claim.hadErrors) await clearDeliveryErrors(deps.db, userId);
    await scheduleNext(deps, next);
    return 'woken';
  } catch (error) {
    return failed(deps, userId, error, next);
  }
}

/** Redis may fail here: the sweep finds the overdue row. */
async function scheduleNext(
  { queue, log }: WakeRecipientDeps,
  next: ScheduledWakeup,
): Promise<void> {
  await queue.add([next]).catch((error: unknown) => {
    log.warn({ err: error }, 'could not enqueue the next attempt; the sweep will');
  });
}

async function failed(
  deps: WakeRecipientDeps,
  userId: string,
  error: unknown,
  next: ScheduledWakeup | undefined,
): Promise<WakeupOutcome> {
  const { db, maxErrors, log } = deps;
  // A store is down: not a failure of this delivery, and it could not be recorded. The sweep creates a new job.
  if (isUnavailable(error)) return 'postponed';
  try {
    const reason = error instanceof Error ? error.message : 'unknown';
    const dead = await recordDeliveryError(db, userId, reason, maxErrors);
    log.error(
      { userId, err: error, dead },
      dead ? 'a delivery is dead after repeated failures' : 'a wake-up failed',
    );
    if (next && !dead) await scheduleNext(deps, next);
  } catch (recording) {
    log.error(
      { userId, err: error, recording },
      'a wake-up failed, and the failure could not be recorded',
    );
  }
  return 'error';
}

function parseUserId(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || !('userId' in data)) return null;
  return typeof data.userId === 'string' && UUID.test(data.userId) ? data.userId : null;
}
