import type { Database } from '../connection/connect';
import {
  type Claim,
  claimAttempt,
  clearStaleMarks,
  countDeliveries,
  countError,
  deliveryOfUser,
  insertMissingRows,
  postponeActive,
  renewOverdueJobs,
  resetErrors,
  restartAttempts,
  type ScheduledWakeup,
  staleMarksOfUser,
  staleMarksOfUsers,
  wakeupsAfterUser,
  wakeupsOfUsers,
  wakeupsOverdue,
  wakeupsByWaitingTime,
} from '../statements/wakeups';

/**
 * Pending deliveries (D5): one row per user who has an unacknowledged message from another user. Sends insert rows
 * and acknowledgements delete them; this file has the steps of the wake-ups in between. All times are
 * PostgreSQL's, so no node's clock matters.
 */

export type { Claim, ScheduledWakeup } from '../statements/wakeups';

/** First delay and cap in milliseconds. Each delay doubles the previous one, with 20 % jitter. */
export interface Backoff {
  firstMs: number;
  capMs: number;
}

/** Returns the next wake-ups of those users who have a pending delivery that is not dead. */
export function scheduledWakeups(db: Database, userIds: string[]): Promise<ScheduledWakeup[]> {
  return wakeupsOfUsers.rows(db, userIds);
}

/**
 * Like `scheduledWakeups`, but only for users whose oldest unacknowledged message is at least `forMs` old.
 * The row of a user who has acknowledged everything is cleared only a second later, and the row of a user who
 * receives messages all the time is never cleared, however fast they acknowledge.
 */
export function wakeupsWaitingFor(
  db: Database,
  userIds: string[],
  forMs: number,
): Promise<ScheduledWakeup[]> {
  return wakeupsByWaitingTime.rows(db, userIds, forMs);
}

/**
 * Among the `limit` most overdue deliveries, postpones those of active recipients: users without an unacknowledged
 * message older than the first delay. They become due when their oldest message reaches that age. Returns how many
 * were postponed.
 */
export function postponeActiveRecipients(
  db: Database,
  firstMs: number,
  limit: number,
): Promise<number> {
  return postponeActive.run(db, firstMs, limit);
}

/**
 * Clears the `pending` marks of these users that have no unacknowledged message behind them, and deletes a user's
 * delivery with the last mark. A server that dies between an acknowledgement and `settle_pending` leaves such
 * marks. Marks in a locked conversation stay for the next call. A second call does nothing.
 */
export async function clearPendingOfUsers(db: Database, userIds: string[]): Promise<void> {
  const marks = await staleMarksOfUsers.rows(db, userIds);
  if (marks.length === 0) return;
  await clearStaleMarks.run(
    db,
    marks.map(({ userId }) => userId),
    marks.map(({ conversationId }) => conversationId),
  );
}

/** Returns one page of all pending deliveries, ordered by user id, after `afterUserId`. */
export function allScheduledWakeups(
  db: Database,
  afterUserId: string | null,
  limit: number,
): Promise<ScheduledWakeup[]> {
  return wakeupsAfterUser.rows(db, afterUserId, limit);
}

/** Returns the deliveries that are overdue by more than `graceMs`, most overdue first, skipping `offset`. */
export function overdueWakeups(
  db: Database,
  graceMs: number,
  { limit, offset }: { limit: number; offset: number },
): Promise<ScheduledWakeup[]> {
  return wakeupsOverdue.rows(db, graceMs, limit, offset);
}

/**
 * Decides about one job. If it is the current one and due, counts the attempt and schedules the next, all in one
 * statement. A crash at any later point leaves a row that the sweep finds overdue; of two jobs for one user, or one
 * job that runs twice, one gets `stale`. Losing this commit in a crash only wakes the user once more, so it is not
 * flushed to disk.
 */
export async function claimWakeup(
  db: Database,
  { userId, jobId }: { userId: string; jobId: string },
  { firstMs, capMs }: Backoff,
): Promise<Claim> {
  const claim = await claimAttempt.row(db, userId, jobId, firstMs, capMs);
  return claim ?? { outcome: 'settled' };
}

/**
 * Cleans up after acknowledgements that were cut off by a crash, and after memberships that ended: clears marks
 * without an unacknowledged message, and deletes the row with the last mark. Returns whether the user still has
 * something pending. Takes no lock unless there is something to clear.
 */
export async function clearPendingOfUser(db: Database, userId: string): Promise<boolean> {
  const marks = await staleMarksOfUser.row(db, userId);
  if (marks === undefined) return true;
  const { hasMarks, staleConversationIds } = marks;
  if (hasMarks && staleConversationIds.length === 0) return true;
  // One user per conversation; at least one, for the row itself.
  const users = Array.from({ length: Math.max(1, staleConversationIds.length) }, () => userId);
  await clearStaleMarks.run(db, users, staleConversationIds);
  return (await deliveryOfUser.run(db, userId)) > 0;
}

/**
 * Records that waking the user failed. After `maxErrors` failures in a row the delivery is dead. Returns
 * whether it is dead now. The reason must not contain message content.
 */
export async function recordDeliveryError(
  db: Database,
  userId: string,
  reason: string,
  maxErrors: number,
): Promise<boolean> {
  return (await countError.row(db, userId, reason, maxErrors)) ?? false;
}

/** Resets the count of failures in a row, after the user was woken. */
export async function clearDeliveryErrors(db: Database, userId: string): Promise<void> {
  await resetErrors.run(db, userId);
}

/**
 * Restarts the backoff of those users who have been tried before or whose delivery is dead, with new jobs.
 * Returns the new wake-ups with the ids of the jobs that they replace.
 */
export function restartBackoff(
  db: Database,
  userIds: string[],
  firstMs: number,
): Promise<(ScheduledWakeup & { formerJobId: string })[]> {
  return restartAttempts.rows(db, userIds, firstMs);
}

/**
 * Gives those users whose delivery is still overdue a new job that is due now. For jobs that Redis holds but
 * never hands out, such as a job that fell out of the list that Bull takes from.
 */
export function replaceOverdueJobs(db: Database, userIds: string[]): Promise<ScheduledWakeup[]> {
  return renewOverdueJobs.rows(db, userIds);
}

/**
 * Consistency check: inserts the missing rows of users who have something pending, at most `limit`. Returns how
 * many were inserted; there may be more when it equals `limit`.
 */
export function insertMissingDeliveries(db: Database, limit: number): Promise<number> {
  return insertMissingRows.run(db, limit);
}

/** Counts pending and dead deliveries. Reads the whole table. */
export async function deliveryCounts(db: Database): Promise<{ pending: number; dead: number }> {
  return (await countDeliveries.row(db)) ?? { pending: 0, dead: 0 };
}
