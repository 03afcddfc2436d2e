import type { MigrationContext } from '../migrating/migration';

/** Retention per conversation, and tombstones that live clients have not been notified of. */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE conversations
      -- Seconds; null for no limit.
      ADD COLUMN retention_s integer CHECK (retention_s > 0),
      -- Every message up to here is an expired tombstone; never read again (D12).
      ADD COLUMN expired_seq bigint NOT NULL DEFAULT 0,
      -- When the oldest remaining message is due, or earlier; null when none will be.
      ADD COLUMN next_expiry_at timestamptz(3) CHECK (next_expiry_at IS NULL OR retention_s IS NOT NULL);
    CREATE INDEX conversations_expiring ON conversations (next_expiry_at) WHERE next_expiry_at IS NOT NULL;

    -- One row per batch of tombstones, inserted with them and deleted after live clients were notified: if a worker
    -- dies in between, another one continues.
    CREATE TABLE tombstone_news (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      conversation_id uuid NOT NULL,
      from_version bigint NOT NULL,
      until_version bigint NOT NULL,
      created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
    );
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    DROP TABLE tombstone_news;
    ALTER TABLE conversations
      DROP COLUMN retention_s, DROP COLUMN expired_seq, DROP COLUMN next_expiry_at;
  `);
}
