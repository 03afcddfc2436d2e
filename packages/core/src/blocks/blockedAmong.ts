import type { Database } from '@chasqui/db';
import { ForbiddenError } from '@chasqui/protocol';
import { QueryTypes, type Transaction } from 'sequelize';

/** SQL: whether one of the two has blocked the other. */
export function isBlockedBetween(one: string, other: string): string {
  return `(EXISTS (SELECT FROM blocks b WHERE b.blocker_id = ${one} AND b.blocked_id = ${other})
    OR EXISTS (SELECT FROM blocks b WHERE b.blocker_id = ${other} AND b.blocked_id = ${one}))`;
}

/** The given users who have blocked this one or are blocked by this one. */
export async function blockedAmong(
  db: Database,
  transaction: Transaction,
  userId: string,
  otherIds: string[],
): Promise<Set<string>> {
  const rows = await db.sequelize.query<{ id: string }>(
    `SELECT o.id FROM unnest($2::uuid[]) AS o (id) WHERE ${isBlockedBetween('$1::uuid', 'o.id')}`,
    { bind: [userId, otherIds], type: QueryTypes.SELECT, transaction },
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Throws ForbiddenError if a block separates the user from one of the others, because a new group would be a way around
 * it. Existing groups with both stay as they are.
 */
export async function checkMayGather(
  db: Database,
  transaction: Transaction,
  userId: string,
  otherIds: string[],
): Promise<void> {
  const blocked = await blockedAmong(db, transaction, userId, otherIds);
  if (blocked.size === 0) return;
  throw cannotBeAdded();
}

/** The same error for a block and for a person whom nobody may add, so the caller cannot tell them apart. */
export function cannotBeAdded(): ForbiddenError {
  return new ForbiddenError('this person cannot be added', { reason: 'blocked' });
}
