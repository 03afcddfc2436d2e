import type { MigrationContext } from '../migrating/migration';

/**
 * Refresh tokens record the signing secret that they are bound to; null for older tokens and for servers of the
 * previous release. Ended sessions of an external issuer are remembered after their rows are pruned.
 */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE refresh_tokens ADD COLUMN key_id text;
    CREATE TABLE ended_external_sessions (
      -- Digest of issuer, subject and session, as in sessions.
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
