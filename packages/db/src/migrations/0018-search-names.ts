import type { QueryInterface } from 'sequelize';

/**
 * The search form of names, written by the server; and the client's id for a new group, by which a repeat is
 * recognized. Servers of the previous release leave the new columns of users empty, and a worker fills them in.
 */
export async function up({ context }: { context: QueryInterface }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE users
      ADD COLUMN search_key text,
      ADD COLUMN search_grams integer[];
    -- Without a pending list, which every search would have to read.
    CREATE INDEX users_search_grams ON users USING gin (search_grams) WITH (fastupdate = off);
    CREATE INDEX users_without_search_key ON users (id) WHERE search_key IS NULL AND deleted_at IS NULL;

    -- When code changes a name without its search form (a server of the previous release, or an anonymization),
    -- delete the old search form.
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
