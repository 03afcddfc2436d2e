/** Conversations whose marks one call takes off at most: sends there wait meanwhile. */
const PURGED_AT_ONCE = 200;

/**
 * purge_delivery: gives up the wake-ups of one user whose delivery is dead. The marks 'pending' go,
 * purged_seq says up to where, and the delivery goes with the last mark. No message and no position
 * is touched: devices are sent everything when they connect (D4), and the next message by others
 * finds no mark, sets one and makes a delivery of its own (D5).
 *
 * Holds the conversations like settle_pending, for the same reason: no send may rely on a mark that
 * is about to go. Those that are busy are left for the next call. A delivery that lives, because its
 * user has returned or somebody retries it, is left alone with all its marks.
 *
 * Returns whether the delivery is 'gone' now, was 'not_dead', or has 'more' marks that are left.
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
