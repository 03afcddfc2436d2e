import { Transaction } from 'sequelize';
import type { Database } from './connect';
import { connectionOf, inTransaction } from '../statements/queriers';
import type { Querier } from '../statements/statement';

/** A consistent view of the database: all reads see the same moment. */
export interface Snapshot extends Querier {
  /** For reads through Sequelize. */
  transaction: Transaction;
}

/**
 * Runs several reads against one snapshot. Writes are refused, and PostgreSQL cancels a statement that takes
 * longer than `statementMs`. Throws when a statement is cancelled or when `read` throws.
 */
export function withSnapshot<T>(
  db: Database,
  statementMs: number,
  read: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const isolationLevel = Transaction.ISOLATION_LEVELS.REPEATABLE_READ;
  return db.sequelize.transaction({ isolationLevel }, async (transaction) => {
    const limit = Math.round(statementMs);
    await connectionOf(transaction).query(
      `SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = ${limit}`,
    );
    return read({ transaction, ...inTransaction(transaction) });
  });
}
