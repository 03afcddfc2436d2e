import type { MigrationContext } from '../migrating/migration';

/** Accounts that are being deleted, and where people have been: what is theirs there is found without a search. */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    -- Nobody any more: the row stays for what others hold of it, with no word of who it was.
    ALTER TABLE users ADD COLUMN deleted_at timestamptz(3);

    -- What is left to do of a deletion, and how far it has come. The row goes with the last of it.
    CREATE TABLE account_deletions (
      user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
      erase_messages boolean NOT NULL,
      requested_at timestamptz(3) NOT NULL DEFAULT now(),
      directs_after uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
      erased_in uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
      erased_seq bigint NOT NULL DEFAULT 0
    );

    -- From when to when somebody was in a group that they have left.
    CREATE TABLE former_memberships (
      user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      conversation_id uuid NOT NULL,
      from_seq bigint NOT NULL,
      to_seq bigint NOT NULL,
      PRIMARY KEY (user_id, conversation_id, from_seq)
    );
    -- Of those that ended before this was kept there is what was written in them.
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
