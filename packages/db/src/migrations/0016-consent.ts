import type { MigrationContext } from '../migrating/migration';

/** Who may write to whom and add whom, and the requests that wait for an answer. */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE users
      ADD COLUMN who_can_message text NOT NULL DEFAULT 'everybody'
        CHECK (who_can_message IN ('everybody', 'known', 'nobody')),
      ADD COLUMN who_can_add text NOT NULL DEFAULT 'everybody'
        CHECK (who_can_add IN ('everybody', 'known', 'nobody'));

    -- The second person of a direct conversation who has not accepted it yet. They have no row in participants, so
    -- nothing is delivered to them and nothing about them is announced. Null for every other conversation.
    ALTER TABLE conversations ADD COLUMN requested_id uuid;

    -- Set when the member left by themselves. Null when somebody else removed them.
    ALTER TABLE former_memberships ADD COLUMN left_at timestamptz(3);

    -- One row per conversation and invited person. Settled rows stay: a second answer finds out what the first one was.
    CREATE TABLE requests (
      id uuid PRIMARY KEY,
      kind text NOT NULL CHECK (kind IN ('contact', 'group')),
      state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'declined', 'withdrawn')),
      conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
      from_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      to_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      -- What the person becomes in a group.
      role text NOT NULL DEFAULT 'member' CHECK (role IN ('admin', 'moderator', 'member')),
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      settled_at timestamptz(3),
      UNIQUE (conversation_id, to_id)
    );
    CREATE INDEX requests_open ON requests (to_id, created_at DESC, id DESC) WHERE state = 'open';
    CREATE INDEX requests_between ON requests (to_id, from_id);
    CREATE INDEX requests_sent ON requests (from_id, created_at DESC, id DESC);
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    DROP TABLE requests;
    ALTER TABLE former_memberships DROP COLUMN left_at;
    ALTER TABLE conversations DROP COLUMN requested_id;
    ALTER TABLE users DROP COLUMN who_can_message, DROP COLUMN who_can_add;
  `);
}
