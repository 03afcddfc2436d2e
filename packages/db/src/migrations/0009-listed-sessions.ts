import type { MigrationContext } from '../migrating/migration';

/** By what a person recognises a session of theirs. Empty for sessions that began before. */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE sessions
      -- What the client called itself: cleaned, and at most 200 characters.
      ADD COLUMN user_agent text,
      -- The last exchange of tokens; when a device connected is known from devices.
      ADD COLUMN last_seen_at timestamptz(3);
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(
    'ALTER TABLE sessions DROP COLUMN user_agent, DROP COLUMN last_seen_at;',
  );
}
