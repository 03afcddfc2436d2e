import type { MigrationContext } from '../migrating/migration';

/** Blocks between users, and the conversations that accept no messages because of them. */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    CREATE TABLE blocks (
      blocker_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      blocked_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      PRIMARY KEY (blocker_id, blocked_id)
    );
    CREATE INDEX blocks_of_blocked ON blocks (blocked_id);
    CREATE INDEX blocks_recent ON blocks (blocker_id, created_at DESC, blocked_id DESC);

    -- Why this conversation accepts no messages. Every send holds this row anyway, so blocks cost it no other query
    -- (D12).
    ALTER TABLE conversations ADD COLUMN barred text CHECK (barred IN ('blocked', 'deleted'));
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE conversations DROP COLUMN barred;
    DROP TABLE blocks;
  `);
}
