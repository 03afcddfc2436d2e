import type { QueryInterface } from 'sequelize';

/**
 * Names in the form in which they are searched, written by the server; and the id by which a client repeats the making
 * of a group. Servers of the release before write users without the new columns, which a worker fills in.
 */
export async function up({ context }: { context: QueryInterface }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE users
      ADD COLUMN search_key text,
      ADD COLUMN search_grams integer[];
    -- Without a list of pending entries: a search would have to read it as well.
    CREATE INDEX users_search_grams ON users USING gin (search_grams) WITH (fastupdate = off);
    CREATE INDEX users_without_search_key ON users (id) WHERE search_key IS NULL AND deleted_at IS NULL;

    -- Code that changes a name without its search form, a server of the release before or an erasure, leaves none of
    -- the old name behind.
    CREATE FUNCTION forget_search_names() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.search_key := NULL;
      NEW.search_grams := NULL;
      RETURN NEW;
    END
    $$;
    CREATE TRIGGER forget_search_names BEFORE UPDATE OF username, display_name ON users FOR EACH ROW
      WHEN ((NEW.username, NEW.display_name) IS DISTINCT FROM (OLD.username, OLD.display_name)
        AND NEW.search_key IS NOT DISTINCT FROM OLD.search_key)
      EXECUTE FUNCTION forget_search_names();

    ALTER TABLE conversations ADD COLUMN client_id text;
    CREATE UNIQUE INDEX conversations_of_client ON conversations (created_by, client_id)
      WHERE client_id IS NOT NULL;
  `);
}

export async function down({ context }: { context: QueryInterface }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE conversations DROP COLUMN client_id;
    DROP TRIGGER forget_search_names ON users;
    DROP FUNCTION forget_search_names;
    ALTER TABLE users DROP COLUMN search_key, DROP COLUMN search_grams;
  `);
}
