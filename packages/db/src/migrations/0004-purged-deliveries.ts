import type { MigrationContext } from '../migrating/migration';

/** Records how far an administrator has given up the wake-ups of a membership (docs/adr/0005). */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    -- Messages up to here cause no wake-up. Later ones set the 'pending' mark again (R6).
    ALTER TABLE participants ADD COLUMN purged_seq bigint NOT NULL DEFAULT 0;
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query('ALTER TABLE participants DROP COLUMN purged_seq');
}
