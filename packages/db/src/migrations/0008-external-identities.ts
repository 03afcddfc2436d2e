import type { MigrationContext } from '../migrating/migration';

/** Who the users of another issuer's tokens are here: one of its subjects is one user, for ever. */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    CREATE TABLE external_identities (
      issuer text NOT NULL,
      subject text NOT NULL,
      user_id uuid NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      PRIMARY KEY (issuer, subject)
    );
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query('DROP TABLE external_identities;');
}
