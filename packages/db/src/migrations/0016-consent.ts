import type { MigrationContext } from '../migrating/migration';

/** Privacy settings, and open requests for contact or group membership. */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE users
      ADD COLUMN who_can_message text NOT NULL DEFAULT 'everybody'
        CHECK (who_can_message IN ('everybody', 'known', 'nobody')),
      ADD COLUMN who_can_add text NOT NULL DEFAULT 'everybody'
        CHECK (who_can_add IN ('everybody', 'known', 'nobody'));

    -- The second user of a direct conversation who has not accepted it yet. They have no row in participants, so
    -- nothing is delivered to them or announced about them. Null for every other conversation.
    ALTER TABLE conversations ADD COLUMN requested_id uuid;

    -- Set when the member left. Null when the member was removed.
    ALTER TABLE former_memberships ADD COLUMN left_at timestamptz(3);

    -- One row per conversation and invited user. Answered requests stay, so that a second answer returns the first.
    CREATE TABLE requests (
      id uuid PRIMARY KEY,
      kind text NOT NULL CHECK (kind IN ('contact', 'group')),
      state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'declined', 'withdrawn')),
      conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
      from_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      to_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      -- The user's role in the group after accepting.
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
