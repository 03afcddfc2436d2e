import pg, { type ClientConfig } from 'pg';
import { Sequelize, type Transaction } from 'sequelize';
import { parseDatabaseUrl } from './databaseUrl';
import { GuardedClient } from './guardedClient';
import { PIN_MIGRATION } from './sessionSettings';
import type { Querier } from '../statements/statement';

/** One pool of connections to PostgreSQL. `query` runs each statement in a transaction of its own. */
export interface Database extends Querier {
  /** For models and transactions. */
  readonly sequelize: Sequelize;
  pool(): { size: number; available: number; using: number; waiting: number };
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  /** Maximum number of connections. The hot path needs few, because it sends batches. */
  poolMax?: number;
  applicationName?: string;
}

interface PoolFigures {
  size: number;
  available: number;
  using: number;
  waiting: number;
}

interface ConnectionManager {
  getConnection(options: { type: 'write' }): Promise<pg.Client>;
  releaseConnection(connection: pg.Client): void;
  pool: PoolFigures;
}

/** An option that Sequelize supports but does not declare. */
const TIME_ZONE_IS_PINNED = { keepDefaultTimezone: true };

/** A single connection for checking a server before the pool is opened. */
export function createProbe(url: string): GuardedClient {
  return new GuardedClient(parseDatabaseUrl(url), { application_name: 'chasqui-probe' });
}

/** A single connection for migrations, without a statement time-out. */
export function createMigrator(url: string): GuardedClient {
  const config = { application_name: 'chasqui-migrate', query_timeout: 0 };
  return new GuardedClient(parseDatabaseUrl(url), config, PIN_MIGRATION);
}

/** Creates the pool. The first query connects, so a start without PostgreSQL succeeds (D11). Throws DatabaseUrlError. */
export function connectDatabase({
  url,
  poolMax = 16,
  applicationName = 'chasqui',
}: DatabaseOptions): Database {
  const target = parseDatabaseUrl(url);
  class PoolClient extends GuardedClient {
    constructor({ types }: ClientConfig) {
      super(target, { types, application_name: applicationName });
    }
  }
  const sequelize = new Sequelize({
    dialect: 'postgres',
    dialectModule: { ...pg, Client: PoolClient },
    // PIN_SESSION sets up every session; this keeps Sequelize from adding SET statements of its own.
    dialectOptions: { clientMinMessages: 'ignore' },
    standardConformingStrings: false,
    ...TIME_ZONE_IS_PINNED,
    logging: false,
    pool: { max: poolMax, min: 0, acquire: 5_000, idle: 60_000, evict: 5_000 },
    define: { underscored: true, timestamps: false },
    retry: { max: 0 },
  });
  const connections = sequelize.connectionManager as unknown as ConnectionManager;
  return {
    sequelize,
    async query(name, text, values) {
      const connection = await connections.getConnection({ type: 'write' });
      try {
        const result = await connection.query<unknown[]>({ name, text, values, rowMode: 'array' });
        return result.rows;
      } finally {
        connections.releaseConnection(connection);
      }
    },
    pool: () => {
      const { size, available, using, waiting } = connections.pool;
      return { size, available, using, waiting };
    },
    close: () => sequelize.close(),
  };
}

/** Runs `work` in one READ COMMITTED transaction. Commits when it resolves, rolls back when it throws. */
export function withTransaction<T>(
  db: Database,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return db.sequelize.transaction(work);
}
