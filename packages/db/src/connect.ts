import pg, { type ClientConfig } from 'pg';
import { Sequelize, type Transaction } from 'sequelize';
import { parseDatabaseUrl } from './databaseUrl';
import { GuardedClient } from './guardedClient';
import { PIN_MIGRATION } from './sessionSettings';

/** PostgreSQL as every other room sees it: one pool, for models and for prepared statements alike. */
export interface Database {
  readonly sequelize: Sequelize;
  /**
   * The hot path: runs one statement that PostgreSQL prepares once per connection under `name`, and
   * returns rows as arrays. One statement is one transaction. Throws what `toStoreError` understands.
   */
  query(name: string, text: string, values: unknown[]): Promise<unknown[][]>;
  pool(): { size: number; available: number; using: number; waiting: number };
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  /** Connections at most. The hot path needs few: batches share them. */
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

/** Known to Sequelize, unknown to its types. */
const TIME_ZONE_IS_PINNED = { keepDefaultTimezone: true };

/** A connection of its own, to look at a server before anything is opened there. */
export function createProbe(url: string): GuardedClient {
  return new GuardedClient(parseDatabaseUrl(url), { application_name: 'chasqui-probe' });
}

/** A session for migrations: no pool, and as long for a statement as it takes. */
export function createMigrator(url: string): GuardedClient {
  const config = { application_name: 'chasqui-migrate', query_timeout: 0 };
  return new GuardedClient(parseDatabaseUrl(url), config, PIN_MIGRATION);
}

/** Opens the pool lazily: nothing connects before the first query, so a start without PostgreSQL succeeds (D11). Throws DatabaseUrlError. */
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
    // Every session pins what it needs by itself; Sequelize has nothing to set.
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

/** Runs `work` in one transaction (READ COMMITTED): commits its result, rolls back when it throws. */
export function withTransaction<T>(
  db: Database,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return db.sequelize.transaction(work);
}
