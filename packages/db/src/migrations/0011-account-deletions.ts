import type { MigrationContext } from '../migrating/migration';

/**
 * Accounts that are being deleted, and former memberships, so that the messages of an account are found without a
 * search.
 */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    -- Set for an anonymized user: the row stays for references from others, without personal data.
    ALTER TABLE users ADD COLUMN deleted_at timestamptz(3);

    -- Progress of a deletion. Deleted when it is complete.
    CREATE TABLE account_deletions (
      user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
      erase_messages boolean NOT NULL,
      requested_at timestamptz(3) NOT NULL DEFAULT now(),
      directs_after uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
      erased_in uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
      erased_seq bigint NOT NULL DEFAULT 0
    );

    -- The range of seqs in which a user was a member of a group that they have left.
    CREATE TABLE former_memberships (
      user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      conversation_id uuid NOT NULL,
      from_seq bigint NOT NULL,
      to_seq bigint NOT NULL,
      PRIMARY KEY (user_id, conversation_id, from_seq)
    );
    -- Memberships that ended before this migration are reconstructed from the messages.
    INSERT INTO former_memberships (user_id, conversation_id, from_seq, to_seq)
    SELECT m.sender_id, m.conversation_id, min(m.seq), max(m.seq)
    FROM messages m
    JOIN users u ON u.id = m.sender_id
    LEFT JOIN participants p ON p.conversation_id = m.conversation_id AND p.user_id = m.sender_id
    WHERE m.kind = 'message' AND (p.user_id IS NULL OR m.seq < p.joined_seq)
    GROUP BY m.sender_id, m.conversation_id;
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    DROP TABLE former_memberships;
    DROP TABLE account_deletions;
    ALTER TABLE users DROP COLUMN deleted_at;
  `);
}
