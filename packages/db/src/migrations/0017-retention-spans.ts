import type { QueryInterface } from 'sequelize';

/**
 * Retention applies to messages sent after it was set: one span of the log per setting, each with its own age.
 *
 * Triggers derive the spans from changes of `conversations.retention_s`, so a server of the previous release that
 * runs at the same time maintains them too. A setting from before this migration still applies to the whole history.
 */
export async function up({ context }: { context: QueryInterface }): Promise<void> {
  await context.sequelize.query(`
    CREATE TABLE retention_spans (
      conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
      from_seq bigint NOT NULL,
      -- Null while new messages extend the span.
      until_seq bigint CHECK (until_seq >= from_seq),
      retention_s integer NOT NULL CHECK (retention_s > 0),
      -- Every message of the span up to here is a tombstone; never read again (D12).
      expired_seq bigint NOT NULL,
      PRIMARY KEY (conversation_id, from_seq)
    );
    INSERT INTO retention_spans (conversation_id, from_seq, retention_s, expired_seq)
      SELECT id, 1, retention_s, expired_seq FROM conversations WHERE retention_s IS NOT NULL;

    ALTER TABLE conversations
      -- No message is kept longer than this; null when some are kept forever.
      ADD COLUMN history_limit_s integer,
      -- Direct conversations: a user's proposal to apply retention to the history, which the other user must accept.
      ADD COLUMN history_request_by uuid,
      ADD COLUMN history_request_s integer;

    UPDATE conversations SET history_limit_s = retention_s WHERE retention_s IS NOT NULL;

    -- A conversation whose retention was turned off still has spans with due messages.
    DO $$
    DECLARE
      rule name := (
        SELECT conname FROM pg_constraint WHERE conrelid = 'conversations'::regclass AND contype = 'c'
          AND pg_get_constraintdef(oid) LIKE '%next_expiry_at IS NULL%'
      );
    BEGIN
      EXECUTE format('ALTER TABLE conversations DROP CONSTRAINT %I', rule);
    END
    $$;

    CREATE FUNCTION limit_history() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.history_limit_s := NEW.retention_s;
      RETURN NEW;
    END
    $$;
    CREATE TRIGGER limit_history BEFORE INSERT ON conversations FOR EACH ROW
      WHEN (NEW.retention_s IS NOT NULL) EXECUTE FUNCTION limit_history();

    CREATE FUNCTION begin_retention() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO retention_spans (conversation_id, from_seq, retention_s, expired_seq)
        VALUES (NEW.id, 1, NEW.retention_s, 0);
      RETURN NULL;
    END
    $$;
    CREATE TRIGGER begin_retention AFTER INSERT ON conversations FOR EACH ROW
      WHEN (NEW.retention_s IS NOT NULL) EXECUTE FUNCTION begin_retention();

    CREATE FUNCTION change_retention() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM retention_spans
        WHERE conversation_id = NEW.id AND until_seq IS NULL AND from_seq > OLD.last_seq;
      UPDATE retention_spans SET until_seq = OLD.last_seq WHERE conversation_id = NEW.id AND until_seq IS NULL;
      IF NEW.retention_s IS NOT NULL THEN
        INSERT INTO retention_spans (conversation_id, from_seq, retention_s, expired_seq)
          VALUES (NEW.id, OLD.last_seq + 1, NEW.retention_s, OLD.last_seq);
      END IF;
      IF NEW.retention_s IS NULL OR NEW.retention_s > NEW.history_limit_s THEN
        NEW.history_limit_s := NEW.retention_s;
      END IF;
      -- The next step of the worker finds when something is due.
      NEW.next_expiry_at := CASE WHEN EXISTS (
        SELECT FROM retention_spans
        WHERE conversation_id = NEW.id AND expired_seq < coalesce(until_seq, OLD.last_seq)
      ) THEN now() END;
      RETURN NEW;
    END
    $$;
    CREATE TRIGGER change_retention BEFORE UPDATE OF retention_s ON conversations FOR EACH ROW
      WHEN (OLD.retention_s IS DISTINCT FROM NEW.retention_s) EXECUTE FUNCTION change_retention();
  `);
}

export async function down({ context }: { context: QueryInterface }): Promise<void> {
  await context.sequelize.query(`
    DROP TRIGGER change_retention ON conversations;
    DROP FUNCTION change_retention;
    DROP TRIGGER begin_retention ON conversations;
    DROP FUNCTION begin_retention;
    DROP TRIGGER limit_history ON conversations;
    DROP FUNCTION limit_history;
    UPDATE conversations SET next_expiry_at = NULL WHERE retention_s IS NULL;
    ALTER TABLE conversations
      ADD CONSTRAINT conversations_check CHECK (next_expiry_at IS NULL OR retention_s IS NOT NULL),
      DROP COLUMN history_limit_s, DROP COLUMN history_request_by, DROP COLUMN history_request_s;
    DROP TABLE retention_spans;
  `);
}
