// Rows that a batch affects: the acknowledging users; plus resting participants: everyone in small groups, in large
// groups the authors of newly covered messages. The laterals with OFFSET 0 keep the planner from reading whole
// histories and filtering them afterwards (D12).
const CONCERNED = `
    SELECT i.conversation_id, i.user_id FROM unnest(p_users, p_conversations) AS i (user_id, conversation_id)
    UNION
    SELECT r.conversation_id, r.user_id
    FROM unnest(p_users, p_conversations) AS i (user_id, conversation_id)
    JOIN participants me ON me.conversation_id = i.conversation_id AND me.user_id = i.user_id
    JOIN conversations c ON c.id = i.conversation_id AND c.participant_count <= 100
    JOIN participants r ON uuid_send(r.conversation_id) = uuid_send(c.id) AND NOT r.open
    UNION
    SELECT r.conversation_id, r.user_id
    FROM unnest(p_users, p_conversations, p_delivered, p_read)
      AS i (user_id, conversation_id, delivered, read)
    CROSS JOIN LATERAL (
      SELECT p.conversation_id, CASE WHEN i.read > p.read_seq THEN p.read_seq ELSE p.delivered_seq END AS seq
      FROM participants p JOIN conversations c ON c.id = p.conversation_id AND c.participant_count > 100
      WHERE p.conversation_id = i.conversation_id AND p.user_id = i.user_id OFFSET 0
    ) me
    CROSS JOIN LATERAL (
      SELECT DISTINCT m.sender_id FROM messages m
      WHERE m.conversation_id = me.conversation_id AND m.seq > me.seq AND m.seq <= greatest(i.delivered, i.read)
    ) m
    JOIN participants r ON r.conversation_id = me.conversation_id AND r.user_id = m.sender_id AND NOT r.open`;

/**
 * advance_watermarks: applies a batch of acknowledgements in one transaction. Input rows are unique per (user,
 * conversation); p_devices is null for positions sent by REST, which move no device.
 *
 * Lock order: shared advisory locks of the conversations (only close_changes takes them exclusively, and never waits
 * for them), then every participant row that will change, sorted. The rows stay locked, so later statements see the
 * values that they update.
 *
 * A watermark keeps its time while it is younger than a second; otherwise the old pair moves to watermark_log. That
 * is at most one row per second, with times exact to a second (D6).
 *
 * Returns for each input row its outcome (ok, not_found, ahead) with the positions before and after, and for each
 * author of newly covered messages the last of them ('delivered', 'read').
 */
export const advanceWatermarks = `
CREATE OR REPLACE FUNCTION advance_watermarks(
  p_users uuid[], p_conversations uuid[], p_delivered bigint[], p_read bigint[], p_devices integer[]
) RETURNS TABLE (
  ord integer, outcome text, delivered_before float8, delivered_after float8, read_before float8,
  read_after float8, participant_count integer, at float8, author uuid, message_id uuid, seq float8
)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  moment timestamptz;
  pos bigint;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(uuid_hash_extended(s.id, 0))
  FROM (SELECT DISTINCT id FROM unnest(p_conversations) id ORDER BY id) s;

  PERFORM p.user_id
  FROM participants p
  JOIN (${CONCERNED}) w ON w.conversation_id = p.conversation_id AND w.user_id = p.user_id
  ORDER BY p.conversation_id, p.user_id FOR NO KEY UPDATE OF p;

  moment := date_trunc('milliseconds', clock_timestamp());
  SELECT s.last_value INTO pos FROM change_pos s;

  UPDATE participants p
  SET open = true, from_seq = c.last_seq, from_version = c.version, from_pos = pos
  FROM (${CONCERNED}) w
  JOIN conversations c ON c.id = w.conversation_id
  WHERE p.conversation_id = w.conversation_id AND p.user_id = w.user_id AND NOT p.open;

  RETURN QUERY
  WITH judged AS MATERIALIZED (
    SELECT i.ord, i.user_id, i.conversation_id, i.device,
      greatest(i.delivered, i.read) AS delivered, i.read AS read,
      p.joined_seq, p.delivered_seq, p.delivered_at, p.read_seq, p.read_at, c.participant_count,
      CASE
        WHEN p.user_id IS NULL THEN 'not_found'
        WHEN greatest(i.delivered, i.read) > c.last_seq THEN 'ahead'
        ELSE 'ok'
      END AS outcome
    FROM unnest(p_users, p_conversations, p_delivered, p_read, p_devices) WITH ORDINALITY
      AS i (user_id, conversation_id, delivered, read, device, ord)
    LEFT JOIN participants p ON p.conversation_id = i.conversation_id AND p.user_id = i.user_id
    LEFT JOIN conversations c ON c.id = p.conversation_id
  ),
  advanced AS (
    UPDATE participants p SET
      delivered_seq = greatest(p.delivered_seq, j.delivered),
      delivered_at = CASE WHEN j.delivered > p.delivered_seq
        AND coalesce(p.delivered_at, '-infinity') <= moment - interval '1 second'
        THEN moment ELSE p.delivered_at END,
      read_seq = greatest(p.read_seq, j.read),
      read_at = CASE WHEN j.read > p.read_seq
        AND coalesce(p.read_at, '-infinity') <= moment - interval '1 second'
        THEN moment ELSE p.read_at END,
      acked_seq = CASE WHEN j.device IS NULL THEN p.acked_seq ELSE greatest(p.acked_seq, j.delivered) END,
      cursors = CASE
        WHEN j.device IS NULL OR coalesce((p.cursors ->> j.device::text)::bigint, -1) >= j.delivered
        THEN p.cursors ELSE p.cursors || jsonb_build_object(j.device::text, j.delivered) END,
      moved_pos = CASE WHEN j.delivered > p.delivered_seq OR j.read > p.read_seq
        THEN pos + 1 ELSE p.moved_pos END
    FROM judged j
    WHERE j.outcome = 'ok' AND p.conversation_id = j.conversation_id AND p.user_id = j.user_id
      AND (j.delivered > p.delivered_seq OR j.read > p.read_seq OR (j.device IS NOT NULL
        AND coalesce((p.cursors ->> j.device::text)::bigint, -1) < j.delivered))
  ),
  logged AS (
    INSERT INTO watermark_log (conversation_id, user_id, kind, seq, at)
    SELECT j.conversation_id, j.user_id, 'delivered', j.delivered_seq, j.delivered_at FROM judged j
    WHERE j.outcome = 'ok' AND j.delivered > j.delivered_seq AND j.delivered_seq >= j.joined_seq
      AND j.delivered_at <= moment - interval '1 second'
    UNION ALL
    SELECT j.conversation_id, j.user_id, 'read', j.read_seq, j.read_at FROM judged j
    WHERE j.outcome = 'ok' AND j.read > j.read_seq AND j.read_seq >= j.joined_seq
      AND j.read_at <= moment - interval '1 second'
    ON CONFLICT DO NOTHING
  )
  SELECT j.ord::integer, j.outcome, j.delivered_seq::float8,
    greatest(j.delivered_seq, j.delivered)::float8, j.read_seq::float8,
    greatest(j.read_seq, j.read)::float8, j.participant_count,
    (extract(epoch FROM moment) * 1000)::float8, NULL::uuid, NULL::uuid, NULL::float8
  FROM judged j
  UNION ALL
  SELECT * FROM (
    SELECT j.ord::integer, 'delivered', NULL::float8, NULL::float8,
      NULL::float8, NULL::float8, NULL::integer, NULL::float8, f.sender_id, f.id, f.seq::float8
    FROM judged j
    CROSS JOIN LATERAL (
      SELECT DISTINCT ON (m.sender_id) m.sender_id, m.id, m.seq FROM messages m
      WHERE m.conversation_id = j.conversation_id AND m.seq > j.delivered_seq AND m.seq <= j.delivered
        AND m.kind = 'message' AND m.sender_id <> j.user_id
      ORDER BY m.sender_id, m.seq DESC
    ) f
    WHERE j.outcome = 'ok' AND j.delivered > j.delivered_seq
  ) d
  UNION ALL
  SELECT * FROM (
    SELECT j.ord::integer, 'read', NULL::float8, NULL::float8,
      NULL::float8, NULL::float8, NULL::integer, NULL::float8, f.sender_id, f.id, f.seq::float8
    FROM judged j
    CROSS JOIN LATERAL (
      SELECT DISTINCT ON (m.sender_id) m.sender_id, m.id, m.seq FROM messages m
      WHERE m.conversation_id = j.conversation_id AND m.seq > j.read_seq AND m.seq <= j.read
        AND m.kind = 'message' AND m.sender_id <> j.user_id
      ORDER BY m.sender_id, m.seq DESC
    ) f
    WHERE j.outcome = 'ok' AND j.read > j.read_seq
  ) r;
END
$$;
`;
