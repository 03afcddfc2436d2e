/**
 * Days after which no cursor refers to a line of the change log: one more than the lifetime of cursors and devices.
 */
const DAYS = 91;
/** Lines per call. */
const AT_ONCE = 2_000;

/**
 * prune_changes: deletes lines of a user's change log that no one will read again; called whenever lines are added.
 * The caller holds the user's row.
 *
 * Lines that no cursor can reach and every device has acknowledged are deleted. Without devices, the next device
 * starts at the position of the most advanced one (D4) and needs one line per conversation that has changed since:
 * older lines are merged, with the lowest positions of any change. A merged line gets the current date and is checked
 * again when it is old.
 */
export const pruneChanges = `
CREATE OR REPLACE FUNCTION prune_changes(p_user uuid) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  before timestamptz := now() - interval '${DAYS} days';
  oldest timestamptz;
  acknowledged bigint;
  lines bigint[];
  kept bigint[];
BEGIN
  SELECT l.closed_at INTO oldest FROM changes l WHERE l.user_id = p_user ORDER BY l.closed_pos LIMIT 1;
  IF oldest IS NULL OR oldest >= before THEN RETURN; END IF;

  SELECT min(d.clean_pos) INTO acknowledged FROM devices d
  WHERE d.user_id = p_user AND d.last_seen_at > now() - interval '90 days';
  DELETE FROM changes l WHERE l.user_id = p_user AND l.closed_pos = ANY (ARRAY(
    SELECT o.closed_pos FROM changes o
    WHERE o.user_id = p_user AND o.closed_at < before AND o.closed_pos <= coalesce(
      acknowledged, (SELECT u.clean_pos FROM users u WHERE u.id = p_user))
    ORDER BY o.closed_pos LIMIT ${AT_ONCE}
  ));
  IF FOUND OR acknowledged IS NOT NULL THEN RETURN; END IF;

  lines := ARRAY(
    SELECT o.closed_pos FROM changes o WHERE o.user_id = p_user AND o.closed_at < before
    ORDER BY o.closed_pos LIMIT ${AT_ONCE}
  );
  WITH drawn AS (
    SELECT o.conversation_id, max(o.closed_pos) AS closed_pos, min(o.from_seq) AS from_seq,
      min(o.from_version) AS from_version, min(o.from_pos) AS from_pos
    FROM changes o WHERE o.user_id = p_user AND o.closed_pos = ANY (lines) GROUP BY o.conversation_id
  ),
  changed AS (
    UPDATE changes l SET from_seq = d.from_seq, from_version = d.from_version, from_pos = d.from_pos
    FROM drawn d WHERE l.user_id = p_user AND l.closed_pos = d.closed_pos RETURNING l.closed_pos
  )
  SELECT array_agg(c.closed_pos) INTO kept FROM changed c;
  DELETE FROM changes l WHERE l.user_id = p_user AND l.closed_pos = ANY (lines) AND l.closed_pos <> ALL (kept);
  -- All old lines are merged, or nothing more can be; otherwise the next call continues.
  IF cardinality(lines) < ${AT_ONCE} OR cardinality(kept) = cardinality(lines) THEN
    UPDATE changes l SET closed_at = now() WHERE l.user_id = p_user AND l.closed_pos = ANY (kept);
  END IF;
END
$$;
`;
