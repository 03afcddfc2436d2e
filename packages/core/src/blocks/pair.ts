import { inTransaction } from '@chasqui/db';
import type { Transaction } from 'sequelize';
import { lockPairKey } from './statements';

/** The key of two users' direct conversation, the same for both orders. */
export function pairKey(one: string, other: string): string {
  return [one, other].sort().join(':');
}

/**
 * Locks the pair until the end of the transaction, so that a block and a new direct conversation are ordered. Taken
 * before every other lock (RULES.md, R8).
 */
export async function lockPair(transaction: Transaction, key: string): Promise<void> {
  await lockPairKey.run(inTransaction(transaction), key);
}
