/**
 * append_messages: a batch of concurrent sends in one transaction (group commit).
 *
 * 1. Locks the conversations, in the order of their ids. With p_wait = false a conversation that
 *    somebody else holds is skipped ('busy'), so that one slow conversation never delays the others.
 * 2. In a second statement, whose snapshot is younger than the locks: judges every send, inserts the
 *    new ones with the next numbers (D3), raises the counters, opens resting participants (R5) and
 *    registers recipients who now have something waiting (R6).
 *
 * Returns per send its outcome: new, repeat, conflict, bad_reply, not_found, busy; and one row
 * 'waiting' per user who got a row in deliveries.
 *
 * The plan is pinned: with a generic plan over arrays the planner would guess, and a guess made
 * while the tables were small would stay.
 */
export const appendMessages = `
CREATE OR REPLACE FUNCTION append_messages(
  p_ids uuid[], p_conversations uuid[], p_senders uuid[], p_client_ids text[], p_types text[],
  p_contents text[], p_replies uuid[], p_digests text[], p_wait boolean,
  p_first_delay_ms integer
) RETURNS TABLE (
  ord integer, outcome text, id uuid, seq float8, version float8, at float8, members_version float8
)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  locked uuid[];
  moment timestamptz;
BEGIN
  IF p_wait THEN
    SELECT array_agg(s.id) INTO locked FROM (
      SELECT c.id FROM conversations c WHERE c.id = ANY (p_conversations)
      ORDER BY c.id FOR NO KEY UPDATE
    ) s;
  ELSE
    SELECT array_agg(s.id) INTO locked FROM (
      SELECT c.id FROM conversations c WHERE c.id = ANY (p_conversations)
      ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
    ) s;
  END IF;
  locked := coalesce(locked, '{}');
  moment := date_trunc('milliseconds', clock_timestamp());

  RETURN QUERY
  WITH input AS (
    SELECT t.*
    FROM unnest(p_ids, p_conversations, p_senders, p_client_ids, p_types, p_contents, p_replies, p_digests)
      WITH ORDINALITY
      AS t (id, conversation_id, sender_id, client_id, type, content, reply_id, digest, ord)
  ),
  judged AS (
    SELECT i.*, c.last_seq, c.version, c.members_version, m.id AS first_id,
      CASE
        WHEN c.id IS NOT NULL AND c.id <> ALL (locked) THEN 'busy'
        WHEN p.user_id IS NULL THEN 'not_found'
        WHEN m.digest = decode(i.digest, 'hex') THEN 'repeat'
        WHEN m.id IS NOT NULL THEN 'conflict'
        WHEN i.reply_id IS NOT NULL AND NOT EXISTS (
          SELECT FROM messages r
          WHERE r.id = i.reply_id AND r.conversation_id = i.conversation_id
            AND r.kind = 'message' AND r.seq >= p.joined_seq
        ) THEN 'bad_reply'
        ELSE 'new'
      END AS outcome
    FROM input i
    LEFT JOIN conversations c ON c.id = i.conversation_id
    -- Each a look-up of its own, by the whole key: joined, the planner may look up by the conversation
    -- alone and filter, and a send would cost as much as its history is long (D12).
    LEFT JOIN LATERAL (
      SELECT p.user_id, p.joined_seq FROM participants p
      WHERE p.conversation_id = i.conversation_id AND p.user_id = i.sender_id LIMIT 1
    ) p ON true
    LEFT JOIN LATERAL (
      SELECT m.id, m.digest FROM messages m
      WHERE m.conversation_id = i.conversation_id AND m.sender_id = i.sender_id
        AND m.client_message_id = i.client_id LIMIT 1
    ) m ON true
  ),
  numbered AS MATERIALIZED (
    SELECT j.*, count(*) FILTER (WHERE j.outcome = 'new')
      OVER (PARTITION BY j.conversation_id ORDER BY j.ord) AS n
    FROM judged j
  ),
  inserted AS (
    INSERT INTO messages (conversation_id, seq, id, version, sender_id, client_message_id, digest,
      message_type, content_encrypted, reply_to_id, created_at)
    SELECT n.conversation_id, n.last_seq + n.n, n.id, n.version + n.n, n.sender_id, n.client_id,
      decode(n.digest, 'hex'), n.type, n.content, n.reply_id, moment
    FROM numbered n WHERE n.outcome = 'new'
  ),
  touched AS MATERIALIZED (
    SELECT n.conversation_id, min(n.last_seq) AS last_seq, min(n.version) AS version, count(*) AS n,
      CASE WHEN count(DISTINCT n.sender_id) = 1 THEN min(n.sender_id::text)::uuid END AS sole_sender
    FROM numbered n WHERE n.outcome = 'new' GROUP BY n.conversation_id
  ),
  counted AS (
    UPDATE conversations c
    SET last_seq = c.last_seq + t.n, version = c.version + t.n, updated_at = moment
    FROM touched t WHERE c.id = t.conversation_id
  ),
  flips AS (
    SELECT p.conversation_id, p.user_id
    FROM touched t JOIN participants p ON p.conversation_id = t.conversation_id AND NOT p.open
    UNION
    SELECT p.conversation_id, p.user_id
    FROM touched t JOIN participants p ON p.conversation_id = t.conversation_id AND NOT p.pending
      AND p.user_id IS DISTINCT FROM t.sole_sender
  ),
  due AS MATERIALIZED (
    -- Acknowledgements lock participants in this order too.
    SELECT p.conversation_id, p.user_id
    FROM flips f JOIN participants p ON p.conversation_id = f.conversation_id AND p.user_id = f.user_id
    ORDER BY p.conversation_id, p.user_id FOR NO KEY UPDATE OF p
  ),
  flipped AS (
    UPDATE participants p SET
      open = true,
      from_seq = CASE WHEN p.open THEN p.from_seq ELSE t.last_seq END,
      from_version = CASE WHEN p.open THEN p.from_version ELSE t.version END,
      from_pos = CASE WHEN p.open THEN p.from_pos ELSE (SELECT s.last_value FROM change_pos s) END,
      pending = p.pending OR p.user_id IS DISTINCT FROM t.sole_sender
    FROM due d JOIN touched t ON t.conversation_id = d.conversation_id
    WHERE p.conversation_id = d.conversation_id AND p.user_id = d.user_id
    RETURNING p.user_id, p.pending
  ),
  waiting AS (
    INSERT INTO deliveries AS d (user_id, next_at)
    SELECT DISTINCT f.user_id, moment + p_first_delay_ms * interval '1 millisecond' FROM flipped f WHERE f.pending
    ORDER BY f.user_id
    -- Touching an existing row makes settle_pending wait for us, see there.
    ON CONFLICT (user_id) DO UPDATE SET updated_at = moment
    RETURNING d.user_id, d.xmax = 0 AS is_new
  )
  SELECT n.ord::integer, n.outcome, CASE WHEN n.outcome = 'new' THEN n.id ELSE n.first_id END,
    (n.last_seq + n.n)::float8, (n.version + n.n)::float8,
    (extract(epoch FROM moment) * 1000)::float8, n.members_version::float8
  FROM numbered n
  UNION ALL
  SELECT NULL, 'waiting', w.user_id, NULL, NULL, NULL, NULL FROM waiting w WHERE w.is_new;
END
$$;
`;
