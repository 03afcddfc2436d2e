import { Client } from 'pg';
import { Transaction } from 'sequelize';
import type { Database } from './connect';

/** One moment of the database: whatever is read, nothing has changed in between. */
export interface Snapshot {
  query: Database['query'];
  /** For what reads by Sequelize. */
  transaction: Transaction;
}

/**
 * Reads several statements of one moment. Nothing can be written, and PostgreSQL itself ends a
 * statement that takes longer than `statementMs`; then, and whenever `read` throws, it throws.
 */
export function withSnapshot<T>(
  db: Database,
  statementMs: number,
  read: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const isolationLevel = Transaction.ISOLATION_LEVELS.REPEATABLE_READ;
  return db.sequelize.transaction({ isolationLevel }, async (transaction) => {
    const connection: unknown = Reflect.get(transaction, 'connection');
    if (!(connection instanceof Client)) throw new Error('a transaction without a connection');
    const limit = Math.round(statementMs);
    await connection.query(`SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = ${limit}`);
    return read({
      transaction,
      async query(name, text, values) {
        const query = { name, text, values, rowMode: 'array' as const };
        return (await connection.query<unknown[]>(query)).rows;
      },
    });
  });
}
