/**
 * publish_topic_events: appends a batch of events to a log in one transaction (group commit). The topics of an event
 * are a JSON array.
 *
 * The lock on the log's row puts the seqs in the order of the commits. The statements after it have newer snapshots,
 * so they see every event that was committed before.
 *
 * Returns one row per event, in the order of the arguments: its seq, its time, and 'new'; 'repeat' when the log has an
 * event with this id and the same content; or 'conflict' when the content differs. The last two append nothing.
 */
export const publishTopicEvents = `
CREATE OR REPLACE FUNCTION publish_topic_events(
  p_log text, p_ids text[], p_topics text[], p_private boolean[], p_types text[], p_data text[], p_retries integer[]
) RETURNS TABLE (outcome text, seq float8, at float8)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  last bigint;
  added integer;
  moment timestamptz;
BEGIN
  SELECT l.last_seq INTO last FROM topic_logs l WHERE l.name = p_log FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    INSERT INTO topic_logs (name) VALUES (p_log) ON CONFLICT DO NOTHING;
    SELECT l.last_seq INTO last FROM topic_logs l WHERE l.name = p_log FOR NO KEY UPDATE;
  END IF;
  moment := date_trunc('milliseconds', clock_timestamp());

  INSERT INTO topic_events (log, seq, id, topics, private, type, data, retry, published_at)
  SELECT p_log, last + row_number() OVER (ORDER BY n.ord), n.id,
    ARRAY(SELECT jsonb_array_elements_text(n.topics::jsonb)), n.private, n.type, n.data, n.retry, moment
  FROM unnest(p_ids, p_topics, p_private, p_types, p_data, p_retries) WITH ORDINALITY
    AS n (id, topics, private, type, data, retry, ord)
  WHERE array_position(p_ids, n.id) = n.ord
    AND NOT EXISTS (SELECT FROM topic_events e WHERE e.log = p_log AND e.id = n.id);
  GET DIAGNOSTICS added = ROW_COUNT;
  IF added > 0 THEN
    UPDATE topic_logs l SET last_seq = last + added WHERE l.name = p_log;
  END IF;

  RETURN QUERY
  SELECT CASE
      WHEN e.seq > last AND array_position(p_ids, n.id) = n.ord THEN 'new'
      WHEN e.data = n.data AND e.private = n.private AND e.type IS NOT DISTINCT FROM n.type
        AND e.retry IS NOT DISTINCT FROM n.retry
        AND e.topics = ARRAY(SELECT jsonb_array_elements_text(n.topics::jsonb)) THEN 'repeat'
      ELSE 'conflict' END,
    e.seq::float8, (extract(epoch FROM e.published_at) * 1000)::float8
  FROM unnest(p_ids, p_topics, p_private, p_types, p_data, p_retries) WITH ORDINALITY
    AS n (id, topics, private, type, data, retry, ord)
  JOIN topic_events e ON e.log = p_log AND e.id = n.id
  ORDER BY n.ord;
END
$$;
`;
