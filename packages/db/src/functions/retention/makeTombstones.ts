/**
 * make_tombstones: deletes content and reactions of many messages and leaves their tombstones (D7). Every batch of
 * tombstones is made here.
 *
 * The two lists belong together: message `p_seqs[i]` of `p_conversations[i]`. The caller holds the rows of these
 * conversations (R1) and no lock that comes later in the lock order (R8). Skips entries that are not messages or are
 * tombstones already: a second call does nothing.
 *
 * Opens resting participants (R5), gives each tombstone its own version in the order of seq, because sync pages by
 * version, and inserts a row into tombstone_news, from which live clients are notified after the commit. Returns the
 * number of new tombstones.
 */
export const makeTombstones = `
CREATE OR REPLACE FUNCTION make_tombstones(p_conversations uuid[], p_seqs bigint[]) RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  moment timestamptz := date_trunc('milliseconds', clock_timestamp());
  ids uuid[];
  counts bigint[];
  places uuid[];
  seqs bigint[];
  numbers bigint[];
BEGIN
  SELECT array_agg(l.conversation_id), array_agg(l.seq), array_agg(l.n) INTO places, seqs, numbers
  FROM (
    SELECT m.conversation_id, m.seq, row_number() OVER (PARTITION BY m.conversation_id ORDER BY m.seq) AS n
    FROM unnest(p_conversations, p_seqs) AS a (conversation_id, seq)
    JOIN messages m ON m.conversation_id = a.conversation_id AND m.seq = a.seq
    WHERE m.kind = 'message' AND m.deleted_at IS NULL
  ) l;
  IF places IS NULL THEN RETURN 0; END IF;
  SELECT array_agg(t.id), array_agg(t.n) INTO ids, counts
  FROM (SELECT p.id, max(p.n) AS n FROM unnest(places, numbers) AS p (id, n) GROUP BY p.id) t;

  WITH resting AS MATERIALIZED (
    SELECT p.conversation_id, p.user_id FROM participants p
    JOIN (
      SELECT r.conversation_id, r.user_id FROM unnest(ids) AS i (id) CROSS JOIN LATERAL (
        SELECT x.conversation_id, x.user_id FROM participants x
        WHERE uuid_send(x.conversation_id) = uuid_send(i.id) AND NOT x.open OFFSET 0
      ) r
    ) f ON f.conversation_id = p.conversation_id AND f.user_id = p.user_id
    -- The same lock order as acknowledgements.
    ORDER BY p.conversation_id, p.user_id FOR NO KEY UPDATE OF p
  )
  UPDATE participants p SET open = true, from_seq = c.last_seq, from_version = c.version,
    from_pos = (SELECT s.last_value FROM change_pos s)
  FROM resting r JOIN conversations c ON c.id = r.conversation_id
  WHERE p.conversation_id = r.conversation_id AND p.user_id = r.user_id AND NOT p.open;

  UPDATE messages m SET content_encrypted = NULL, reactions = NULL, deleted_at = moment, changed_at = moment,
    version = c.version + d.n
  FROM unnest(places, seqs, numbers) AS d (conversation_id, seq, n)
  JOIN conversations c ON c.id = d.conversation_id
  WHERE m.conversation_id = d.conversation_id AND m.seq = d.seq;

  INSERT INTO tombstone_news (conversation_id, from_version, until_version)
  SELECT c.id, c.version, c.version + t.n
  FROM unnest(ids, counts) AS t (id, n) JOIN conversations c ON c.id = t.id;

  UPDATE conversations c SET version = c.version + t.n
  FROM unnest(ids, counts) AS t (id, n) WHERE c.id = t.id;
  RETURN cardinality(seqs);
END
$$;
`;
