/**
 * settle_pending: takes the mark 'pending' off participants who have acknowledged everything by
 * others, and forgets the deliveries of users who have nothing waiting any more (R6).
 *
 * The conversation's row is held meanwhile, so no send can rely on a mark that is about to go; one
 * that is busy is returned for a later try. A delivery is judged under its row lock in a statement
 * of its own: a send that set a mark has touched that row before it committed.
 * Losing this commit in a crash only means that somebody is woken once more: it need not be flushed.
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
  -- Only rows that are held: of one that came since, the marks behind it might not be seen.
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
