/** Maximum number of conversations that one call closes. */
export const CLOSED_AT_ONCE = 200;

/**
 * close_changes: closes open conversations of a user and records in the change log from where they had changed (R5).
 * The caller holds the user's row, so the positions of one user are written in commit order.
 *
 * Closing never waits: a conversation in which someone is sending or acknowledging stays open, and open ones are
 * always read. SKIP LOCKED may still wait on a row that has just been updated, while the caller holds the user's row;
 * the time-out ends that long before a deadlock.
 *
 * With p_acknowledged, closes only conversations in which the most advanced device has everything. Closes at most
 * CLOSED_AT_ONCE: each needs an entry in the shared lock table, and the rest stays open until the next call.
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
