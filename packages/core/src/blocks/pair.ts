import type { Database } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';

/** The two in the order in which a direct conversation names them. */
export function pairKey(one: string, other: string): string {
  return [one, other].sort().join(':');
}

/**
 * Holds what is between two people, until the end of the transaction: a block and a new direct conversation
 * see each other. Taken before every other lock (RULES.md, R8).
 */
export async function lockPair(db: Database, transaction: Transaction, key: string): Promise<void> {
  await db.sequelize.query('SELECT pg_advisory_xact_lock(hashtextextended($key, 0))', {
    bind: { key },
    type: QueryTypes.SELECT,
    transaction,
  });
}
