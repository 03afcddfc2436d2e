/**
 * expire_messages: one bounded step of retention. Takes the conversations that have been due for
 * longest, and of each the oldest messages that are not tombstones yet; those whose time has come by
 * the clock of PostgreSQL become tombstones. Returns how many there were, and whether more may be due.
 *
 * A conversation goes by \`expired_seq\`: what lies up to it is never read again (D12). Where all is done
 * \`next_expiry_at\` says when to look next; a send into a conversation in which nothing is left sets it
 * anew (append_messages). Messages of a conversation are stored in the order of seq by one clock, so the
 * first that is not due ends the step.
 *
 * Several workers share the work: what one holds, or what is being written to, is skipped. SKIP LOCKED
 * waits all the same where a row has just been updated, hence the time-out; rows are locked in the order
 * of their ids, as by sends (R8).
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
  -- Of the conversations that are held and due: which, up to where they are done, when to look again.
  ids uuid[];
  reached bigint[];
  nexts timestamptz[];
  -- The messages whose time has come.
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

  -- In statements of their own, whose snapshots are younger than the locks (R1).
  SELECT array_agg(t.id), array_agg(t.reached), array_agg(t.next) INTO ids, reached, nexts
  FROM (
    SELECT c.id, coalesce(s.left_seq - 1, s.last_seq, c.expired_seq) AS reached,
      CASE WHEN s.left_seq IS NOT NULL THEN s.left_due WHEN s.n = p_messages THEN moment END AS next
    FROM conversations c
    CROSS JOIN LATERAL (
      SELECT count(*) AS n, max(o.seq) AS last_seq, min(o.seq) FILTER (WHERE o.is_left) AS left_seq,
        min(o.due) FILTER (WHERE o.is_left) AS left_due
      FROM (
        SELECT m.seq, d.due, m.kind = 'message' AND m.deleted_at IS NULL AND d.due > moment AS is_left
        FROM messages m
        CROSS JOIN LATERAL (SELECT m.created_at + make_interval(secs => c.retention_s) AS due) d
        WHERE m.conversation_id = c.id AND m.seq > c.expired_seq ORDER BY m.seq LIMIT p_messages
      ) o
    ) s
    WHERE c.id = ANY (locked) AND c.next_expiry_at <= moment
  ) t;
  IF ids IS NULL THEN
    RETURN QUERY SELECT 0, false;
    RETURN;
  END IF;

  SELECT array_agg(m.conversation_id), array_agg(m.seq) INTO places, seqs
  FROM unnest(ids, reached) AS r (id, seq)
  JOIN conversations c ON c.id = r.id
  JOIN messages m ON m.conversation_id = c.id AND m.seq > c.expired_seq AND m.seq <= r.seq
  WHERE m.kind = 'message' AND m.deleted_at IS NULL;

  UPDATE conversations c SET expired_seq = r.seq, next_expiry_at = r.next
  FROM unnest(ids, reached, nexts) AS r (id, seq, next) WHERE c.id = r.id;
  RETURN QUERY SELECT make_tombstones(places, seqs),
    cardinality(locked) = p_conversations OR coalesce(moment = ANY (nexts), false);
END
$$;
`;
