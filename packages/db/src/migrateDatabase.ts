import { Sequelize } from 'sequelize';
import { SequelizeStorage, Umzug } from 'umzug';
import { functions } from './functions/all';
import { migrations } from './migrations/all';

// Any number that nobody else uses; the lock that several nodes queue for.
const MIGRATION_LOCK = 7_205_759;

/**
 * Brings a database to the schema of this version and returns the names of the migrations that ran.
 * Safe from several nodes at once: the others wait and find nothing left to do. A second call does nothing.
 */
export async function migrateDatabase(url: string): Promise<string[]> {
  const sequelize = new Sequelize(url, { dialect: 'postgres', logging: false, pool: { max: 3 } });
  try {
    return await sequelize.transaction(async (transaction) => {
      await sequelize.query('SELECT pg_advisory_xact_lock(:lock)', {
        replacements: { lock: MIGRATION_LOCK },
        transaction,
      });
      const umzug = new Umzug({
        migrations: migrations.map(({ name, up, down }) => ({ name, up, down })),
        context: sequelize.getQueryInterface(),
        storage: new SequelizeStorage({ sequelize, tableName: 'migrations' }),
        logger: undefined,
      });
      const ran = await umzug.up();
      for (const definition of functions) await sequelize.query(definition);
      return ran.map(({ name }) => name);
    });
  } finally {
    await sequelize.close();
  }
}
