/**
 * Functions for messages that have exceeded their retention but are not tombstones yet. Statements that read messages
 * use them to hide such messages even before a worker deletes them (docs/adr/0009).
 *
 * expiry_is_due: whether any conversation is due at all. One probe at the end of an index that is empty without
 * retention; as `(SELECT expiry_is_due())` it runs once per statement.
 *
 * message_expired_at: when this message, stored at this time, exceeded the retention of its span, in seconds since
 * 1970; null for messages that may be read. Called only while a conversation is due.
 *
 * expired_at: the same by the conversation's current setting alone, for servers of the previous release.
 *
 * They are functions so that their plans are pinned: inlined, a plan made while the tables were small would stay and
 * read all conversations to find none.
 */
export const expiredAt = `
CREATE OR REPLACE FUNCTION expiry_is_due() RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM conversations c WHERE c.next_expiry_at <= now() ORDER BY c.next_expiry_at LIMIT 1
  );
END
$$;

CREATE OR REPLACE FUNCTION expired_at(p_conversation uuid, p_stored timestamptz) RETURNS float8
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  RETURN (
    SELECT extract(epoch FROM p_stored + make_interval(secs => c.retention_s))::float8
    FROM conversations c
    WHERE c.id = p_conversation
      AND p_stored + make_interval(secs => c.retention_s) <= now()
  );
END
$$;

CREATE OR REPLACE FUNCTION message_expired_at(p_conversation uuid, p_seq bigint, p_stored timestamptz) RETURNS float8
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  RETURN (
    SELECT extract(epoch FROM p_stored + make_interval(secs => s.retention_s))::float8
    FROM (
      SELECT r.retention_s, r.until_seq FROM retention_spans r
      WHERE r.conversation_id = p_conversation AND r.from_seq <= p_seq ORDER BY r.from_seq DESC LIMIT 1
    ) s
    WHERE (s.until_seq IS NULL OR s.until_seq >= p_seq)
      AND p_stored + make_interval(secs => s.retention_s) <= now()
  );
END
$$;
`;

/** A SQL condition: the message `alias` is a tombstone, or must be read like one. */
export function isGone(alias: string): string {
  return `(${alias}.deleted_at IS NOT NULL OR (SELECT expiry_is_due())
    AND message_expired_at(${alias}.conversation_id, ${alias}.seq, ${alias}.created_at) IS NOT NULL)`;
}
