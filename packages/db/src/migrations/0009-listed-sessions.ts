import type { MigrationContext } from '../migrating/migration';

/** Describes sessions so that users recognize them. Null for older sessions. */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE sessions
      -- The client's name: cleaned, and at most 200 characters.
      ADD COLUMN user_agent text,
      -- Last exchange of tokens. The table of devices has the last connection.
      ADD COLUMN last_seen_at timestamptz(3);
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(
    'ALTER TABLE sessions DROP COLUMN user_agent, DROP COLUMN last_seen_at;',
  );
}
