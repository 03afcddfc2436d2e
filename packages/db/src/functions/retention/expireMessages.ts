/**
 * expire_messages: one bounded step of retention. Takes the conversations that have been due longest, and from each
 * of their spans (`retention_spans`) the oldest messages that are not tombstones yet. Those older than their span
 * allows, by PostgreSQL's clock, become tombstones. Returns how many, and whether more may be due.
 *
 * A span progresses by `expired_seq`: entries up to it are never read again (D12), and a span that gets no further
 * messages is deleted with its last one. `next_expiry_at` of the conversation is the earliest of its spans; a send
 * into a conversation without any due time sets it again (append_messages). Messages of a span are stored in the
 * order of seq by one clock, so the step ends at the first message that is not due.
 *
 * Several workers share the work and skip locked conversations. SKIP LOCKED may still wait on a row that has just
 * been updated, hence the time-out. Rows are locked in the order of their ids, as by sends (R8).
 */
export const expireMessages = `
CREATE OR REPLACE FUNCTION expire_messages(p_conversations integer, p_messages integer)
RETURNS TABLE (expired integer, more boolean)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  moment timestamptz := date_trunc('milliseconds', clock_timestamp());
  patience text := current_setting('lock_timeout');
  locked uuid[];
  -- The conversations that are locked and due.
  ids uuid[];
  -- Of their spans: key, progress and next due time.
  owners uuid[];
  starts bigint[];
  reached bigint[];
  nexts timestamptz[];
  -- The messages that expire now.
  places uuid[];
  seqs bigint[];
BEGIN
  BEGIN
    PERFORM set_config('lock_timeout', '100ms', true);
    SELECT array_agg(s.id) INTO locked FROM (
      SELECT c.id FROM conversations c
      WHERE c.id = ANY (ARRAY(
        SELECT k.id FROM conversations k WHERE k.next_expiry_at <= moment
        ORDER BY k.next_expiry_at LIMIT p_conversations
      ))
      ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
    ) s;
    PERFORM set_config('lock_timeout', patience, true);
  EXCEPTION WHEN lock_not_available THEN
    RETURN QUERY SELECT 0, false;
    RETURN;
  END;
  IF locked IS NULL THEN
    RETURN QUERY SELECT 0, false;
    RETURN;
  END IF;

  -- In separate statements, whose snapshots are newer than the locks (R1).
  SELECT array_agg(c.id) INTO ids FROM conversations c WHERE c.id = ANY (locked) AND c.next_expiry_at <= moment;
  IF ids IS NULL THEN
    RETURN QUERY SELECT 0, false;
    RETURN;
  END IF;
  SELECT array_agg(t.conversation_id), array_agg(t.from_seq), array_agg(t.reached), array_agg(t.next)
  INTO owners, starts, reached, nexts
  FROM (
    SELECT s.conversation_id, s.from_seq, coalesce(x.left_seq - 1, x.last_seq, s.expired_seq) AS reached,
      CASE WHEN x.left_seq IS NOT NULL THEN x.left_due WHEN x.n = p_messages THEN moment END AS next
    FROM retention_spans s
    CROSS JOIN LATERAL (
      SELECT count(*) AS n, max(o.seq) AS last_seq, min(o.seq) FILTER (WHERE o.is_left) AS left_seq,
        min(o.due) FILTER (WHERE o.is_left) AS left_due
      FROM (
        SELECT m.seq, d.due, m.kind = 'message' AND m.deleted_at IS NULL AND d.due > moment AS is_left
        FROM messages m
        CROSS JOIN LATERAL (SELECT m.created_at + make_interval(secs => s.retention_s) AS due) d
        WHERE m.conversation_id = s.conversation_id AND m.seq > s.expired_seq
          AND m.seq <= coalesce(s.until_seq, 9223372036854775807)
        ORDER BY m.seq LIMIT p_messages
      ) o
    ) x
    WHERE s.conversation_id = ANY (ids)
  ) t;

  SELECT array_agg(m.conversation_id), array_agg(m.seq) INTO places, seqs
  FROM unnest(owners, starts, reached) AS r (id, from_seq, seq)
  JOIN retention_spans s ON s.conversation_id = r.id AND s.from_seq = r.from_seq
  JOIN messages m ON m.conversation_id = r.id AND m.seq > s.expired_seq AND m.seq <= r.seq
  WHERE m.kind = 'message' AND m.deleted_at IS NULL;

  UPDATE retention_spans s SET expired_seq = r.seq
  FROM unnest(owners, starts, reached) AS r (id, from_seq, seq)
  WHERE s.conversation_id = r.id AND s.from_seq = r.from_seq AND s.expired_seq < r.seq;
  DELETE FROM retention_spans s USING unnest(owners, starts) AS r (id, from_seq)
  WHERE s.conversation_id = r.id AND s.from_seq = r.from_seq AND s.until_seq <= s.expired_seq;
  UPDATE conversations c SET next_expiry_at = (
    SELECT min(r.next) FROM unnest(owners, nexts) AS r (id, next) WHERE r.id = c.id
  ) WHERE c.id = ANY (ids);
  RETURN QUERY SELECT make_tombstones(places, seqs),
    cardinality(locked) = p_conversations OR coalesce(moment = ANY (nexts), false);
END
$$;
`;
