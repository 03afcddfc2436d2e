import type { MigrationContext } from '../migrating/migration';

/**
 * Refresh tokens name the secret of the settings that they are bound to; those of before, and of servers of the release
 * before, name none. Sessions of another issuer that were ended here are remembered when their rows are pruned.
 */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE refresh_tokens ADD COLUMN key_id text;
    CREATE TABLE ended_external_sessions (
      -- A digest of issuer, subject and session, as in sessions.
      session_id uuid PRIMARY KEY,
      pruned_at timestamptz(3) NOT NULL DEFAULT now()
    );
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    DROP TABLE ended_external_sessions;
    ALTER TABLE refresh_tokens DROP COLUMN key_id;
  `);
}
