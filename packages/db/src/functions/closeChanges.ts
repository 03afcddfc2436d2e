/** Conversations that one call closes at most. */
export const CLOSED_AT_ONCE = 200;

/**
 * close_changes: takes open conversations of a user out of the set of open ones and writes into the
 * change log from where they had changed (R5). The caller holds the row of the user, so positions of
 * one user are written in commit order.
 *
 * Closing is never waited for: a conversation in which somebody is sending or acknowledging right
 * now stays open, and an open one is always looked at. SKIP LOCKED waits all the same where the row has just
 * been updated, while the caller holds the user's row: hence the time-out, well before a deadlock.
 * With p_acknowledged only those are closed in which the most advanced device has everything. At most CLOSED_AT_ONCE: each takes a place in
 * the lock table that all sessions share, and what is left stays open until the next time.
 */
export const closeChanges = `
CREATE OR REPLACE FUNCTION close_changes(p_user uuid, p_acknowledged boolean) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  locked uuid[];
  patience text := current_setting('lock_timeout');
BEGIN
  BEGIN
    PERFORM set_config('lock_timeout', '20ms', true);
    SELECT array_agg(s.id) INTO locked FROM (
      SELECT c.id FROM conversations c
      WHERE c.id = ANY (ARRAY(
        SELECT p.conversation_id FROM participants p JOIN conversations k ON k.id = p.conversation_id
        WHERE uuid_send(p.user_id) = uuid_send(p_user) AND p.open AND (NOT p_acknowledged OR p.acked_seq >= k.last_seq)
        LIMIT ${CLOSED_AT_ONCE}
      ))
      ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
    ) s;
    PERFORM set_config('lock_timeout', patience, true);
  EXCEPTION WHEN lock_not_available THEN
    RETURN;
  END;
  SELECT array_agg(l.id) INTO locked FROM unnest(locked) AS l (id)
  WHERE pg_try_advisory_xact_lock(uuid_hash_extended(l.id, 0));

  WITH closing AS (
    UPDATE participants p SET open = false, activity_at = c.updated_at
    FROM conversations c
    WHERE p.user_id = p_user AND p.conversation_id = ANY (locked) AND c.id = p.conversation_id
      AND p.open AND (NOT p_acknowledged OR p.acked_seq >= c.last_seq)
    RETURNING p.conversation_id, p.from_seq, p.from_version, p.from_pos
  )
  INSERT INTO changes (user_id, closed_pos, conversation_id, from_seq, from_version, from_pos)
  SELECT p_user, nextval('change_pos'), x.conversation_id, x.from_seq, x.from_version, x.from_pos
  FROM closing x;
END
$$;
`;
