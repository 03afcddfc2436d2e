import type { Database } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';

/** The key of two users' direct conversation, the same for both orders. */
export function pairKey(one: string, other: string): string {
  return [one, other].sort().join(':');
}

/**
 * Locks the pair until the end of the transaction, so that a block and a new direct conversation are ordered. Taken
 * before every other lock (RULES.md, R8).
 */
export async function lockPair(db: Database, transaction: Transaction, key: string): Promise<void> {
  await db.sequelize.query('SELECT pg_advisory_xact_lock(hashtextextended($key, 0))', {
    bind: { key },
    type: QueryTypes.SELECT,
    transaction,
  });
}
