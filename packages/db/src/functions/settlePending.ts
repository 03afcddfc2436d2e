/**
 * settle_pending: clears the 'pending' mark of participants who have acknowledged every message from others, and
 * deletes the deliveries of users without marks (R6).
 *
 * It holds the conversations' rows, so no send can rely on a mark that is about to be cleared. Returns the pairs
 * whose conversation is locked, for a later attempt. It decides about a delivery under its row lock in a separate
 * statement: a send that set a mark has touched that row before it committed. Losing this commit in a crash only
 * wakes the user once more, so it is not flushed to disk.
 */
export const settlePending = `
CREATE OR REPLACE FUNCTION settle_pending(p_users uuid[], p_conversations uuid[])
RETURNS TABLE (user_id uuid, conversation_id uuid)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  locked uuid[];
  held uuid[];
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT array_agg(s.id) INTO locked FROM (
    SELECT c.id FROM conversations c WHERE c.id = ANY (p_conversations)
    ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
  ) s;

  WITH settled AS MATERIALIZED (
    SELECT p.conversation_id, p.user_id
    FROM unnest(p_users, p_conversations) AS i (user_id, conversation_id)
    JOIN participants p ON p.conversation_id = i.conversation_id AND p.user_id = i.user_id
    WHERE p.pending AND p.conversation_id = ANY (locked) AND NOT EXISTS (
      SELECT FROM messages m
      WHERE m.conversation_id = p.conversation_id AND m.seq > p.acked_seq
        AND m.kind = 'message' AND m.sender_id <> p.user_id
    )
    ORDER BY p.conversation_id, p.user_id FOR NO KEY UPDATE OF p
  )
  UPDATE participants p SET pending = false FROM settled s
  WHERE p.conversation_id = s.conversation_id AND p.user_id = s.user_id;

  SELECT array_agg(s.user_id) INTO held FROM (
    SELECT d.user_id FROM deliveries d WHERE d.user_id = ANY (p_users) ORDER BY d.user_id FOR UPDATE
  ) s;
  -- Only locked rows: the marks behind a newer row might not be visible.
  DELETE FROM deliveries d WHERE d.user_id = ANY (held) AND NOT EXISTS (
    SELECT FROM participants p WHERE uuid_send(p.user_id) = uuid_send(d.user_id) AND p.pending
  );

  RETURN QUERY
  SELECT i.user_id, i.conversation_id
  FROM unnest(p_users, p_conversations) AS i (user_id, conversation_id)
  JOIN conversations c ON c.id = i.conversation_id
  WHERE locked IS NULL OR c.id <> ALL (locked);
END
$$;
`;
