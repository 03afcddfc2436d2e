import type { MigrationContext } from '../migrating/migration';

/** How far the wake-ups of a membership were given up by an administrator (docs/adr/0005). */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    -- Up to here nobody is woken any more. What lies beyond sets the mark 'pending' again (R6).
    ALTER TABLE participants ADD COLUMN purged_seq bigint NOT NULL DEFAULT 0;
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query('ALTER TABLE participants DROP COLUMN purged_seq');
}
