import { Client } from 'pg';
import type { Transaction } from 'sequelize';
import type { Querier } from './statement';

/**
 * Runs prepared statements on the connection of a Sequelize transaction: they see its changes and commit or roll
 * back with it. Errors come from the driver and not from Sequelize; `toStoreError` translates both.
 */
export function inTransaction(transaction: Transaction): Querier {
  const connection = connectionOf(transaction);
  return {
    async query(name, text, values) {
      const query = { name, text, values, rowMode: 'array' as const };
      return (await connection.query<unknown[]>(query)).rows;
    },
  };
}

/**
 * Runs statements on a client outside the pool, such as a migration's, without preparing them: a pooler in front
 * of PostgreSQL may hand the next statement to another session.
 */
export function onClient(client: Client): Querier {
  return {
    async query(_name, text, values) {
      return (await client.query<unknown[]>({ text, values, rowMode: 'array' })).rows;
    },
  };
}

/** The driver's client that runs this transaction. Sequelize has it without declaring it. */
export function connectionOf(transaction: Transaction): Client {
  const connection: unknown = Reflect.get(transaction, 'connection');
  if (!(connection instanceof Client)) throw new Error('a transaction without a connection');
  return connection;
}
