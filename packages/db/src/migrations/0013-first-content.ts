import type { MigrationContext } from '../migrating/migration';

/**
 * The digest of the first content is computed when the content changes, no longer with every send: until then, the
 * content itself distinguishes a repeat from a reused id (D2). A trigger, because the rule must hold for every kind
 * of change: edit, deletion, or a batch.
 *
 * `message_digest` is HMAC-SHA-256 (RFC 2104) with `digest_key`, as in older rows. The part that depends only on the
 * key is computed here once.
 */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    DO $$
    DECLARE
      digest_key bytea := (SELECT value FROM instance WHERE key = 'digest_key');
      inner_pad bytea := decode(repeat('36', 64), 'hex');
      outer_pad bytea := decode(repeat('5c', 64), 'hex');
    BEGIN
      FOR i IN 0 .. length(digest_key) - 1 LOOP
        inner_pad := set_byte(inner_pad, i, get_byte(inner_pad, i) # get_byte(digest_key, i));
        outer_pad := set_byte(outer_pad, i, get_byte(outer_pad, i) # get_byte(digest_key, i));
      END LOOP;
      INSERT INTO instance (key, value)
        VALUES ('digest_inner_pad', inner_pad), ('digest_outer_pad', outer_pad);
    END
    $$;

    CREATE FUNCTION message_digest(type text, reply_to_id uuid, content text) RETURNS bytea
    LANGUAGE sql STABLE AS $$
      SELECT sha256(o.value || sha256(i.value || convert_to(type, 'UTF8') || '\\x00'
        || convert_to(coalesce(reply_to_id::text, ''), 'UTF8') || '\\x00' || convert_to(content, 'UTF8')))
      FROM instance i, instance o WHERE i.key = 'digest_inner_pad' AND o.key = 'digest_outer_pad'
    $$;

    CREATE FUNCTION keep_first_content() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.digest := message_digest(OLD.message_type, OLD.reply_to_id, OLD.content_encrypted);
      RETURN NEW;
    END
    $$;
    CREATE TRIGGER keep_first_content BEFORE UPDATE OF content_encrypted ON messages FOR EACH ROW
      WHEN (OLD.digest IS NULL AND OLD.content_encrypted IS DISTINCT FROM NEW.content_encrypted)
      EXECUTE FUNCTION keep_first_content();
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    UPDATE messages SET digest = message_digest(message_type, reply_to_id, content_encrypted)
      WHERE digest IS NULL AND content_encrypted IS NOT NULL;
    DROP TRIGGER keep_first_content ON messages;
    DROP FUNCTION keep_first_content;
    DROP FUNCTION message_digest;
    DELETE FROM instance WHERE key IN ('digest_inner_pad', 'digest_outer_pad');
  `);
}
