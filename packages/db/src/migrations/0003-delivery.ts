import type { MigrationContext } from '../migrating/migration';

/**
 * The change log, which finds the few changed conversations among many (D12), and the pending deliveries (D5).
 */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    -- Position in all change logs. Compared only within one user, under the lock of the user's row.
    CREATE SEQUENCE change_pos;
    -- A new sequence reports 1 and then returns 1: the first change would get a position that counts as already seen.
    SELECT setval('change_pos', 1);

    -- One row per closing of (user, conversation): up to here there were changes, starting at from_*.
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
      -- Never reused: a deleted device that returns is a new one.
      device_no integer NOT NULL,
      device_id text NOT NULL,
      session_id uuid NOT NULL,
      -- This device has acknowledged everything closed up to here.
      clean_pos bigint NOT NULL,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
      PRIMARY KEY (user_id, device_no),
      UNIQUE (user_id, device_id)
    );

    -- A row exists while a recipient has something pending. Redis only stores when to check again.
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

    -- Values shared by all nodes of an instance that need no configuration, such as keys.
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
