import { inTransaction } from '@chasqui/db';
import { ForbiddenError } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { blockedUsersAmong } from './statements';

/** The given users who have blocked this one or are blocked by this one. */
export async function blockedAmong(
  transaction: Transaction,
  userId: string,
  otherIds: string[],
): Promise<Set<string>> {
  return new Set(await blockedUsersAmong.rows(inTransaction(transaction), userId, otherIds));
}

/**
 * Throws ForbiddenError if a block separates the user from one of the others, because a new group would be a way around
 * it. Existing groups with both stay as they are.
 */
export async function checkMayGather(
  transaction: Transaction,
  userId: string,
  otherIds: string[],
): Promise<void> {
  const blocked = await blockedAmong(transaction, userId, otherIds);
  if (blocked.size === 0) return;
  throw cannotBeAdded();
}

/** The same error for a block and for a person whom nobody may add, so the caller cannot tell them apart. */
export function cannotBeAdded(): ForbiddenError {
  return new ForbiddenError('this person cannot be added', { reason: 'blocked' });
}
