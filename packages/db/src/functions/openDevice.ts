/**
 * open_device: registers a device as seen, starts a new one at the position of the user's most advanced device (D4),
 * and advances the device's clean position over everything that it has acknowledged, so that the next connect need
 * not read it again (D12). Returns the device's number; null for an unknown user or a deleted account.
 *
 * Keeps the 20 most recently seen devices, each for at most 90 days after it was last seen, and prunes the change
 * log. LIMIT 1 keeps the planner from starting with all memberships of the user.
 */
export const openDevice = `
CREATE OR REPLACE FUNCTION open_device(p_user uuid, p_device_id text, p_session uuid) RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  best bigint;
  counter integer;
  number integer;
  clean bigint;
BEGIN
  SELECT u.clean_pos, u.device_counter INTO best, counter FROM users u WHERE u.id = p_user AND u.deleted_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;

  UPDATE devices d SET last_seen_at = clock_timestamp(), session_id = p_session
  WHERE d.user_id = p_user AND d.device_id = p_device_id AND d.last_seen_at > now() - interval '90 days'
  RETURNING d.device_no, d.clean_pos INTO number, clean;

  IF NOT FOUND THEN
    number := counter + 1;
    clean := best;
    UPDATE users u SET device_counter = number WHERE u.id = p_user;
    DELETE FROM devices d WHERE d.user_id = p_user AND (
      d.last_seen_at <= now() - interval '90 days' OR d.device_no NOT IN (
        SELECT k.device_no FROM devices k WHERE k.user_id = p_user
        ORDER BY k.last_seen_at DESC, k.device_no DESC LIMIT 19
      )
    );
    INSERT INTO devices (user_id, device_no, device_id, session_id, clean_pos, last_seen_at)
    VALUES (p_user, number, p_device_id, p_session, clean, clock_timestamp());

    WITH news AS MATERIALIZED (
      SELECT p.conversation_id FROM (
        SELECT o.conversation_id FROM participants o WHERE uuid_send(o.user_id) = uuid_send(p_user) AND o.open
        UNION
        SELECT l.conversation_id FROM changes l WHERE l.user_id = p_user AND l.closed_pos > clean
        ORDER BY conversation_id
      ) n
      CROSS JOIN LATERAL (
        SELECT x.conversation_id FROM participants x
        WHERE x.conversation_id = n.conversation_id AND x.user_id = p_user LIMIT 1 FOR NO KEY UPDATE
      ) p
    )
    UPDATE participants p SET cursors = jsonb_build_object(number::text, p.acked_seq) || (
      -- Deleted devices leave their cursors behind; drop them here.
      SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}') FROM jsonb_each(p.cursors) e
      WHERE e.key::integer IN (SELECT k.device_no FROM devices k WHERE k.user_id = p_user)
    )
    WHERE p.user_id = p_user AND p.conversation_id = ANY (ARRAY(SELECT n.conversation_id FROM news n));
  END IF;

  PERFORM close_changes(p_user, true);

  SELECT coalesce(min(n.first_pos) - 1, (SELECT s.last_value FROM change_pos s)) INTO clean
  FROM (
    SELECT l.conversation_id, min(l.closed_pos) AS first_pos, min(l.from_seq) AS from_seq
    FROM changes l WHERE l.user_id = p_user AND l.closed_pos > clean
    GROUP BY l.conversation_id
  ) n
  CROSS JOIN LATERAL (
    SELECT * FROM participants x WHERE x.conversation_id = n.conversation_id AND x.user_id = p_user LIMIT 1
  ) p
  JOIN conversations c ON c.id = n.conversation_id
  WHERE greatest(coalesce((p.cursors ->> number::text)::bigint,
      least(n.from_seq, CASE WHEN p.open THEN p.from_seq END)), p.joined_seq - 1) < c.last_seq;

  UPDATE devices d SET clean_pos = greatest(d.clean_pos, clean)
  WHERE d.user_id = p_user AND d.device_no = number;
  UPDATE users u SET clean_pos = greatest(u.clean_pos, clean), last_seen_at = clock_timestamp()
  WHERE u.id = p_user;

  -- A returning user must not keep a wake-up that is minutes away: if this node dies before it restarts the
  -- backoff, messages that arrive after the user has left again would wait for it (D5).
  UPDATE deliveries d SET next_at = clock_timestamp() + interval '2 seconds'
  WHERE d.user_id = p_user AND d.dead_at IS NULL AND d.next_at > clock_timestamp() + interval '2 seconds';

  PERFORM prune_changes(p_user);
  RETURN number;
END
$$;
`;
