import type { MigrationContext } from '../migrating/migration';

/** Speeds up the search for users where the extension is available; otherwise the search reads the table. */
export const SEARCH_INDEX = `
    DO $$
    BEGIN
      CREATE EXTENSION IF NOT EXISTS pg_trgm;
      CREATE INDEX users_search ON users USING gin (search gin_trgm_ops);
    EXCEPTION WHEN OTHERS THEN
      RAISE NOTICE 'pg_trgm is not available: %', SQLERRM;
    END $$;
  `;

/** Users, their sessions, and the refresh tokens of each session. */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    CREATE TABLE users (
      id uuid PRIMARY KEY,
      username text NOT NULL,
      -- Lower case: Ana and ana are the same name and the same address.
      username_key text NOT NULL UNIQUE,
      email text NOT NULL,
      email_key text NOT NULL UNIQUE,
      display_name text NOT NULL,
      -- Null for users of an external directory.
      password_hash text,
      external_id text UNIQUE,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      last_seen_at timestamptz(3),
      -- All devices of the user have acknowledged everything closed up to here (RULES.md).
      clean_pos bigint NOT NULL DEFAULT 0,
      -- Number of the last device; only increases.
      device_counter integer NOT NULL DEFAULT 0,
      -- Text for searching. It cannot contain a line break, so no match spans both names.
      search text NOT NULL GENERATED ALWAYS AS (lower(username || E'\\n' || display_name)) STORED
    ) WITH (fillfactor = 80);

    CREATE TABLE sessions (
      id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      -- Extended by every refresh.
      expires_at timestamptz(3) NOT NULL,
      revoked_at timestamptz(3)
    );
    CREATE INDEX sessions_of_user ON sessions (user_id);
    CREATE INDEX sessions_expiring ON sessions (expires_at);

    CREATE TABLE refresh_tokens (
      -- SHA-256, so reading the table does not allow logging in.
      token_hash bytea PRIMARY KEY,
      session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      expires_at timestamptz(3) NOT NULL,
      -- When it was exchanged for its successor; a later use is a theft.
      rotated_at timestamptz(3),
      successor_hash bytea
    );
    CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
    CREATE INDEX refresh_tokens_expiring ON refresh_tokens (expires_at);
  `);
  await context.sequelize.query(SEARCH_INDEX);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    DROP TABLE refresh_tokens;
    DROP TABLE sessions;
    DROP TABLE users;
  `);
}
