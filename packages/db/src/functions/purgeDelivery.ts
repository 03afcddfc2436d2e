/** Maximum number of conversations whose marks one call clears: sends to them wait meanwhile. */
const PURGED_AT_ONCE = 200;

/**
 * purge_delivery: gives up the wake-ups of one user whose delivery is dead. Clears the 'pending' marks, records in
 * purged_seq up to where, and deletes the delivery with the last mark. Messages and positions stay: devices receive
 * everything when they connect (D4), and the next message from another user sets a new mark and creates a new
 * delivery (D5).
 *
 * Locks the conversations like settle_pending and for the same reason: no send may rely on a mark that is about to be
 * cleared. Locked conversations are left for the next call. A delivery that is no longer dead, because its user
 * returned or it was retried, keeps all its marks.
 *
 * Returns 'gone' when the delivery was deleted, 'not_dead' when it was not dead, and 'more' when marks are left.
 */
export const purgeDelivery = `
CREATE OR REPLACE FUNCTION purge_delivery(p_user uuid) RETURNS text
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  locked uuid[];
BEGIN
  SELECT array_agg(s.id) INTO locked FROM (
    SELECT c.id FROM conversations c
    WHERE c.id = ANY (ARRAY(
      SELECT p.conversation_id FROM participants p WHERE uuid_send(p.user_id) = uuid_send(p_user) AND p.pending
      LIMIT ${PURGED_AT_ONCE}
    ))
    ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
  ) s;
  PERFORM p.user_id FROM participants p
  WHERE p.user_id = p_user AND p.conversation_id = ANY (locked)
  ORDER BY p.conversation_id FOR NO KEY UPDATE;
  PERFORM d.user_id FROM deliveries d WHERE d.user_id = p_user AND d.dead_at IS NOT NULL FOR UPDATE;
  IF NOT FOUND THEN RETURN 'not_dead'; END IF;

  UPDATE participants p SET pending = false, purged_seq = c.last_seq
  FROM conversations c
  WHERE p.user_id = p_user AND p.conversation_id = ANY (locked) AND c.id = p.conversation_id AND p.pending;
  DELETE FROM deliveries d WHERE d.user_id = p_user AND NOT EXISTS (
    SELECT FROM participants p WHERE uuid_send(p.user_id) = uuid_send(p_user) AND p.pending
  );
  RETURN CASE WHEN FOUND THEN 'gone' ELSE 'more' END;
END
$$;
`;
