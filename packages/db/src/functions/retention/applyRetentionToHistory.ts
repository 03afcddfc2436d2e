/**
 * apply_retention_to_history: applies retention to the whole history of a conversation, not only to future messages.
 * No message is kept longer than was promised when it was sent: a span with a shorter retention keeps it. The caller
 * holds the conversation's row (R1). Returns whether anything changed; a second call returns false.
 */
export const applyRetentionToHistory = `
CREATE OR REPLACE FUNCTION apply_retention_to_history(p_conversation uuid, p_retention_s integer) RETURNS boolean
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  end_seq bigint := (SELECT c.last_seq FROM conversations c WHERE c.id = p_conversation);
  done_seq bigint;
BEGIN
  IF (SELECT c.history_limit_s <= p_retention_s FROM conversations c WHERE c.id = p_conversation) THEN
    RETURN false;
  END IF;

  IF NOT EXISTS (
    SELECT FROM retention_spans s WHERE s.conversation_id = p_conversation AND s.retention_s < p_retention_s
  ) THEN
    -- The whole history has one age from now on, so one span replaces all.
    SELECT s.expired_seq INTO done_seq FROM retention_spans s
    WHERE s.conversation_id = p_conversation AND s.from_seq = 1;
    DELETE FROM retention_spans s WHERE s.conversation_id = p_conversation;
    INSERT INTO retention_spans (conversation_id, from_seq, until_seq, retention_s, expired_seq)
    SELECT c.id, 1, CASE WHEN c.retention_s IS NULL THEN end_seq END, p_retention_s, coalesce(done_seq, 0)
    FROM conversations c WHERE c.id = p_conversation AND (end_seq > 0 OR c.retention_s IS NOT NULL);
  ELSE
    INSERT INTO retention_spans (conversation_id, from_seq, until_seq, retention_s, expired_seq)
    SELECT p_conversation, g.from_seq, g.until_seq, p_retention_s, g.from_seq - 1
    FROM (
      SELECT s.before_seq + 1 AS from_seq, s.from_seq - 1 AS until_seq
      FROM (
        SELECT r.from_seq, lag(r.until_seq, 1, 0::bigint) OVER (ORDER BY r.from_seq) AS before_seq
        FROM retention_spans r WHERE r.conversation_id = p_conversation
        UNION ALL
        SELECT end_seq + 1, max(coalesce(r.until_seq, end_seq)) FROM retention_spans r
        WHERE r.conversation_id = p_conversation
      ) s
    ) g
    WHERE g.from_seq <= g.until_seq;
    UPDATE retention_spans s SET retention_s = p_retention_s
    WHERE s.conversation_id = p_conversation AND s.retention_s > p_retention_s;
  END IF;
  UPDATE conversations c SET history_limit_s = p_retention_s, next_expiry_at = CASE WHEN end_seq > 0 THEN now() END
  WHERE c.id = p_conversation;
  RETURN true;
END
$$;
`;
