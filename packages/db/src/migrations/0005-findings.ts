import type { MigrationContext } from '../migrating/migration';

/** Counts findings of all workers where every node can read them; a worker's own counters end with it. */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    CREATE TABLE findings (
      source text NOT NULL CHECK (source IN ('sweep', 'audit')),
      kind text NOT NULL,
      count bigint NOT NULL,
      last_at timestamptz(3) NOT NULL DEFAULT now(),
      PRIMARY KEY (source, kind)
    );
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query('DROP TABLE findings');
}
