import type { MigrationContext } from '../migrating/migration';

/** What finds the few conversations with news among many (D12), and who waits for a wake-up (D5). */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    -- Position in every user's change log. Only compared within one user, under the lock of its row.
    CREATE SEQUENCE change_pos;
    -- A sequence that was never asked says 1 and then gives out 1: the first change would lie at the
    -- position up to which somebody has already seen everything.
    SELECT setval('change_pos', 1);

    -- One row per closing of (user, conversation): "until here there were changes from from_*".
    CREATE TABLE changes (
      user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      closed_pos bigint NOT NULL,
      conversation_id uuid NOT NULL,
      from_seq bigint NOT NULL,
      from_version bigint NOT NULL,
      from_pos bigint NOT NULL,
      -- The membership ended here.
      removed boolean NOT NULL DEFAULT false,
      closed_at timestamptz(3) NOT NULL DEFAULT now(),
      PRIMARY KEY (user_id, closed_pos)
    );

    CREATE TABLE devices (
      user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      -- Never reused: a device that was forgotten and comes back is a new one.
      device_no integer NOT NULL,
      device_id text NOT NULL,
      session_id uuid NOT NULL,
      -- Everything closed up to here has been acknowledged by this device.
      clean_pos bigint NOT NULL,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
      PRIMARY KEY (user_id, device_no),
      UNIQUE (user_id, device_id)
    );

    -- A row exists while a recipient has something waiting. Redis only knows when to look again.
    CREATE TABLE deliveries (
      user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      updated_at timestamptz(3) NOT NULL DEFAULT now(),
      attempts integer NOT NULL DEFAULT 0,
      next_at timestamptz(3) NOT NULL DEFAULT now(),
      job_id text,
      errors integer NOT NULL DEFAULT 0,
      last_error text,
      dead_at timestamptz(3)
    );
    CREATE INDEX deliveries_due ON deliveries (next_at) WHERE dead_at IS NULL;
    CREATE INDEX deliveries_dead ON deliveries (dead_at) WHERE dead_at IS NOT NULL;

    -- What all nodes of an instance share and nobody configures, such as keys.
    CREATE TABLE instance (key text PRIMARY KEY, value bytea NOT NULL);
    INSERT INTO instance (key, value)
      SELECT name, decode(md5(gen_random_uuid()::text) || md5(gen_random_uuid()::text), 'hex')
      FROM unnest(ARRAY['digest_key', 'cursor_key']) name;
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    DROP TABLE instance;
    DROP TABLE deliveries;
    DROP TABLE devices;
    DROP TABLE changes;
    DROP SEQUENCE change_pos;
  `);
}
