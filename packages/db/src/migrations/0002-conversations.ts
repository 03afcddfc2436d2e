import type { MigrationContext } from '../migrating/migration';

/**
 * Conversations and their log.
 *
 * `messages` has no foreign key to conversations: every insert runs in a transaction that holds the conversation's
 * row, and the check would double the cost of the hot path. Every row starts its key with the conversation's id, so
 * that the tables can be partitioned by it later.
 */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    CREATE TABLE conversations (
      id uuid PRIMARY KEY,
      type text NOT NULL CHECK (type IN ('direct', 'group')),
      title text,
      created_by uuid NOT NULL,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      -- Last activity; orders the lists.
      updated_at timestamptz(3) NOT NULL DEFAULT now(),
      -- Increases with every change of an entry or of the conversation (CONDSTORE's modification sequence).
      version bigint NOT NULL DEFAULT 0,
      last_seq bigint NOT NULL DEFAULT 0,
      participant_count integer NOT NULL DEFAULT 0,
      -- Increases when a user joins or leaves: nodes cache member lists by it.
      members_version bigint NOT NULL DEFAULT 1,
      -- The two sorted user ids of a direct conversation: one per pair, forever.
      direct_key text UNIQUE
    ) WITH (fillfactor = 60);

    CREATE TABLE messages (
      conversation_id uuid NOT NULL,
      seq bigint NOT NULL,
      id uuid NOT NULL UNIQUE,
      version bigint NOT NULL,
      kind text NOT NULL DEFAULT 'message',
      sender_id uuid NOT NULL,
      client_message_id text,
      -- Keyed digest of the first content; outlives edits and deletion (D2).
      digest bytea,
      message_type text NOT NULL DEFAULT 'text',
      content_encrypted text,
      reply_to_id uuid,
      created_at timestamptz(3) NOT NULL,
      edited_at timestamptz(3),
      deleted_at timestamptz(3),
      -- Time of the last change after the send: sync reads such entries besides new ones (D7).
      changed_at timestamptz(3),
      reactions jsonb,
      event jsonb,
      PRIMARY KEY (conversation_id, seq)
    );
    CREATE UNIQUE INDEX messages_idempotency
      ON messages (conversation_id, sender_id, client_message_id) WHERE client_message_id IS NOT NULL;
    CREATE INDEX messages_changed ON messages (conversation_id, version) WHERE changed_at IS NOT NULL;

    CREATE TABLE participants (
      conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
      user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      role text NOT NULL CHECK (role IN ('admin', 'moderator', 'member')),
      joined_at timestamptz(3) NOT NULL,
      -- The first seq that this membership sees.
      joined_seq bigint NOT NULL,
      -- Watermarks of the user, over all transports.
      delivered_seq bigint NOT NULL,
      delivered_at timestamptz(3),
      read_seq bigint NOT NULL,
      read_at timestamptz(3),
      -- Watermark of the most advanced device, and of each device: {device_no: seq} (D4).
      acked_seq bigint NOT NULL,
      cursors jsonb NOT NULL DEFAULT '{}',
      -- Something has changed since the row was last closed, starting from these three positions (RULES.md, R5).
      open boolean NOT NULL DEFAULT true,
      from_seq bigint NOT NULL,
      from_version bigint NOT NULL,
      from_pos bigint NOT NULL,
      -- There are messages from others that no device has acknowledged: the recipient needs a wake-up (D5).
      pending boolean NOT NULL DEFAULT false,
      -- Position of the change log when a watermark last moved; sync reads receipts by it.
      moved_pos bigint NOT NULL DEFAULT 0,
      -- The conversation's updated_at when the row was closed; orders resting ones in lists (D12).
      activity_at timestamptz(3) NOT NULL,
      PRIMARY KEY (conversation_id, user_id)
    ) WITH (fillfactor = 70);
    CREATE INDEX participants_of_user ON participants (user_id, conversation_id);
    CREATE INDEX participants_open ON participants (user_id) WHERE open;
    CREATE INDEX participants_resting ON participants (conversation_id) WHERE NOT open;
    CREATE INDEX participants_recent
      ON participants (user_id, activity_at DESC, conversation_id DESC) WHERE NOT open;
    CREATE INDEX participants_pending ON participants (user_id) WHERE pending;
    CREATE INDEX participants_settled ON participants (conversation_id) WHERE NOT pending;

    -- Earlier values of a watermark, at most one per second: when was message 17 delivered to Ben (D6)?
    CREATE TABLE watermark_log (
      conversation_id uuid NOT NULL,
      user_id uuid NOT NULL,
      kind text NOT NULL CHECK (kind IN ('delivered', 'read')),
      seq bigint NOT NULL,
      at timestamptz(3) NOT NULL,
      PRIMARY KEY (conversation_id, user_id, kind, seq)
    );
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    DROP TABLE watermark_log;
    DROP TABLE participants;
    DROP TABLE messages;
    DROP TABLE conversations;
  `);
}
