/**
 * What is beyond its conversation's retention and no tombstone yet: nobody reads it, whether or not a worker
 * comes by (docs/adr/0009). Asked by statements that read messages.
 *
 * expiry_is_due: whether that can concern anything at all. One look at the end of an index that is empty
 * where nothing is kept for a time only; as `(SELECT expiry_is_due())` it is made once in a statement.
 *
 * message_expired_at: when this message of the conversation, stored at this time, went beyond the retention of its
 * span, in seconds since 1970; null for what may be read. Asked of messages only while something is due.
 *
 * expired_at: the same by the conversation's present setting alone, for servers of the previous release.
 *
 * Functions because their plans are pinned: written out, a plan that was made while the tables were small
 * would stay, and read all conversations to find none.
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

/** SQL that holds for a message `alias` that is a tombstone, or is to be read like one. */
export function isGone(alias: string): string {
  return `(${alias}.deleted_at IS NOT NULL OR (SELECT expiry_is_due())
    AND message_expired_at(${alias}.conversation_id, ${alias}.seq, ${alias}.created_at) IS NOT NULL)`;
}
