import type { MigrationContext } from '../migrating/migration';

/** How long a conversation keeps content, and what of its tombstones live clients have not been told. */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE conversations
      -- Seconds; null: for ever.
      ADD COLUMN retention_s integer CHECK (retention_s > 0),
      -- Up to here every message is a tombstone by its age: what has expired is never looked at again (D12).
      ADD COLUMN expired_seq bigint NOT NULL DEFAULT 0,
      -- When the oldest message that is left is due, or earlier; null where nothing will be.
      ADD COLUMN next_expiry_at timestamptz(3) CHECK (next_expiry_at IS NULL OR retention_s IS NOT NULL);
    CREATE INDEX conversations_expiring ON conversations (next_expiry_at) WHERE next_expiry_at IS NOT NULL;

    -- One row per batch of tombstones, written with them and deleted once live clients were told: a worker
    -- that dies in between leaves it to the next.
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
