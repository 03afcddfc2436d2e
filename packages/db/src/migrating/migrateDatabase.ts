import { createMigrator } from '../connection/connect';
import { functions as ours } from '../functions/all';
import { grantAccess, type PlainRole } from './grantAccess';
import type { GuardedClient } from '../connection/guardedClient';
import { migrations as all } from './allMigrations';
import { leftovers } from './leftovers';
import type { Migration, MigrationContext } from './migration';
import { type Patience, takeMigrationLock, whileTablesAreHeld } from './migrationLock';
import { onClient } from '../statements/queriers';
import { recordedMigrations, recordMigration, schemaObjectsExist } from '../statements/schema';
import { whyUnusable } from '../connection/errors/whyRefused';

export interface MigrateOptions {
  /** In the order in which they run. */
  migrations?: readonly Migration[];
  /** Definitions of functions, replaced by every call. */
  functions?: readonly string[];
  patience?: Partial<Patience>;
  /** Gets the privileges that server and worker need, once everything has run. */
  grantTo?: PlainRole;
}

/**
 * Migrates a database to the schema of this version and returns the names of the migrations that ran.
 *
 * Each migration and its record are one transaction of the session that holds the lock. If the process is
 * killed, the next call continues with the first migration without a record. Several nodes may call it at
 * once: the others wait and find nothing left to do. A database that a newer version migrated stays unchanged.
 * A second call does nothing.
 * @throws an Error of one line: why the server cannot be used, which migration failed, or which session holds a lock.
 */
export async function migrateDatabase(
  url: string,
  options: MigrateOptions = {},
): Promise<string[]> {
  const { migrations = all, functions = ours, grantTo } = options;
  const patience: Patience = {
    ...{ tableMs: 60_000, nodeMs: 600_000, now: () => performance.now(), say: () => undefined },
    ...options.patience,
  };
  const clients: GuardedClient[] = [];
  const open = async (): Promise<GuardedClient> => {
    const client = createMigrator(url);
    clients.push(client);
    await client.connect();
    return client;
  };
  try {
    const client = await open();
    const reason = await whyUnusable(client, open);
    if (reason !== undefined) throw new Error(reason);
    await takeMigrationLock(client, patience);
    await client.query(
      'CREATE TABLE IF NOT EXISTS migrations (name varchar(255) NOT NULL PRIMARY KEY)',
    );
    const done = new Set(await recordedMigrations.rows(onClient(client)));
    const pending = migrations.filter(({ name }) => !done.has(name));
    const ran: string[] = [];
    for (const migration of pending) {
      const adopt = migration === pending[0];
      await whileTablesAreHeld(client, patience, () => step(client, migration, adopt));
      ran.push(migration.name);
    }
    if (!isNewer(done, migrations)) {
      await whileTablesAreHeld(client, patience, () =>
        inTransaction(client, async () => {
          if (functions.length > 0) await client.query(functions.join('\n'));
        }),
      );
    }
    if (grantTo !== undefined) {
      await whileTablesAreHeld(client, patience, () =>
        inTransaction(client, () => grantAccess(client, grantTo)),
      );
    }
    return ran;
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** Whether a later version has migrated this database; its functions must stay. Ignores rows of other programs. */
function isNewer(done: ReadonlySet<string>, migrations: readonly Migration[]): boolean {
  const last = migrations.at(-1)?.name ?? '';
  return [...done].some((name) => /^\d{4}-/.test(name) && name > last);
}

async function step(client: GuardedClient, migration: Migration, adopt: boolean): Promise<void> {
  const context: MigrationContext = {
    sequelize: { query: (statements) => client.query(statements) },
  };
  const record = (): Promise<unknown> => recordMigration.run(onClient(client), migration.name);
  if (migration.outsideTransaction) {
    await migration.up({ context });
    await record();
    return;
  }
  await inTransaction(client, async () => {
    if (!adopt || !(await hasRunBefore(client, migration.name))) {
      await named(migration.name, () => migration.up({ context }));
    }
    await record();
  });
}

async function inTransaction(client: GuardedClient, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Whether an older version ran this migration and was killed before it recorded that. */
async function hasRunBefore(client: GuardedClient, name: string): Promise<boolean> {
  const leftover = leftovers[name];
  if (leftover === undefined) return false;
  const { relations = [], columns = [], functions = [], rest } = leftover;
  const exist = await schemaObjectsExist.row(
    onClient(client),
    relations,
    columns.map(([table]) => table),
    columns.map(([, column]) => column),
    functions,
  );
  if (exist !== true) return false;
  if (rest !== undefined) await client.query(rest);
  return true;
}

const DUPLICATES = new Set(['42P07', '42701', '42710', '42723']);

async function named(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code: unknown = Reflect.get(error, 'code');
    if (typeof code === 'string' && DUPLICATES.has(code)) {
      throw new Error(
        `${name}: ${error.message}, and Chasqui did not create it: use an empty database, or a separate schema (?options=-c%20search_path%3Dchasqui)`,
        { cause: error },
      );
    }
    error.message = `${name}: ${error.message}`;
    throw error;
  }
}
