import { REQUEST_CONTENT_MAX_BYTES, REQUEST_MESSAGES_MAX } from '@chasqui/protocol';

/**
 * append_messages: stores a batch of concurrent sends in one transaction (group commit).
 *
 * The batch consists of three lists: the conversations, sorted by id; the writers, each in one conversation
 * (`p_writer_in` is its index, from 1); and the sends, each by one writer, numbered 1, 2, 3, … within its
 * conversation in the order to store.
 *
 * 1. Locks the conversations in the order of their ids. With p_wait = false, a conversation that another transaction
 *   holds is skipped ('busy'), so that one slow conversation never delays the others.
 * 2. In separate statements, whose snapshots are newer than the locks: checks every send, inserts the new ones with
 *   the next numbers (D3) and raises the counters.
 * 3. Opens resting participants (R5) and registers recipients who now have something waiting (R6). An active
 *   conversation has neither.
 *
 * Returns
 * - 'new' per conversation with new messages: its index, `seq` and `version` before them, and their common time;
 * - per send that was not stored its index and the reason: repeat (with the id of the first message), conflict,
 *   blocked, deleted, bad_reply, not_found, busy; later sends move up;
 * - 'waiting' per user who got a row in deliveries.
 *
 * The plans are pinned: a generic plan over arrays relies on estimates, and a plan made while the tables were small
 * would stay. Several small statements instead of a large one: the fixed cost of a statement grows with its plan, and
 * every batch pays it.
 */
export const appendMessages = `
DROP FUNCTION IF EXISTS append_messages(
  uuid[], integer[], uuid[], uuid[], integer[], integer[], text[], text[], text[], uuid[], bytea[], boolean, integer
);
CREATE OR REPLACE FUNCTION append_messages(
  p_conversations uuid[], p_writer_in integer[], p_writers uuid[],
  p_ids uuid[], p_writer integer[], p_numbers integer[], p_client_ids text[], p_types text[],
  p_contents text[], p_replies uuid[], p_wait boolean, p_first_delay_ms integer
) RETURNS TABLE (
  outcome text, place integer, id uuid, seq float8, version float8, at float8, members_version float8
)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  moment timestamptz;
  -- Of the locked conversations, in the order of their ids.
  locked uuid[];
  last_seqs bigint[];
  versions bigint[];
  members bigint[];
  bars text[];
  -- The second participant has not accepted the conversation yet.
  requested boolean[];
  -- Of the writers: the first seq of their membership; -1 for users who are not participants.
  joined bigint[];
  -- Of the sends that are not stored.
  refused integer[];
  reasons text[];
  firsts uuid[];
  numbers integer[] := p_numbers;
  -- Of the conversations with new messages: index, number of messages, and the sender if there is only one.
  touched integer[];
  counts integer[];
  soles uuid[];
BEGIN
  IF p_wait THEN
    SELECT array_agg(s.id), array_agg(s.last_seq), array_agg(s.version), array_agg(s.members_version),
      array_agg(s.barred), array_agg(s.requested_id IS NOT NULL)
    INTO locked, last_seqs, versions, members, bars, requested
    FROM (
      SELECT c.* FROM conversations c WHERE c.id = ANY (p_conversations)
      ORDER BY c.id FOR NO KEY UPDATE
    ) s;
  ELSE
    SELECT array_agg(s.id), array_agg(s.last_seq), array_agg(s.version), array_agg(s.members_version),
      array_agg(s.barred), array_agg(s.requested_id IS NOT NULL)
    INTO locked, last_seqs, versions, members, bars, requested
    FROM (
      SELECT c.* FROM conversations c WHERE c.id = ANY (p_conversations)
      ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
    ) s;
  END IF;
  moment := date_trunc('milliseconds', clock_timestamp());

  IF locked IS DISTINCT FROM p_conversations THEN
    -- Some are missing: align the counters with the list, -1 for locked and -2 for unknown conversations.
    SELECT array_agg(coalesce(last_seqs[l.at], CASE WHEN c.id IS NULL THEN -2 ELSE -1 END) ORDER BY p.n),
      array_agg(coalesce(versions[l.at], -1) ORDER BY p.n), array_agg(coalesce(members[l.at], -1) ORDER BY p.n),
      array_agg(bars[l.at] ORDER BY p.n), array_agg(requested[l.at] ORDER BY p.n)
    INTO last_seqs, versions, members, bars, requested
    FROM unnest(p_conversations) WITH ORDINALITY AS p (id, n)
    CROSS JOIN LATERAL (SELECT array_position(locked, p.id) AS at) l
    LEFT JOIN conversations c ON c.id = p.id AND l.at IS NULL;
  END IF;

  SELECT array_agg(coalesce(p.joined_seq, -1) ORDER BY w.n) INTO joined
  FROM unnest(p_writer_in, p_writers) WITH ORDINALITY AS w (conversation, id, n)
  LEFT JOIN participants p ON p.conversation_id = p_conversations[w.conversation] AND p.user_id = w.id;

  SELECT array_agg(j.ord), array_agg(j.reason), array_agg(j.first_id) INTO refused, reasons, firsts
  FROM (
    SELECT s.ord::integer AS ord, m.id AS first_id, CASE
      WHEN last_seqs[p_writer_in[s.writer]] = -1 THEN 'busy'
      WHEN joined[s.writer] = -1 THEN 'not_found'
      -- The content of an unchanged message is what was first sent; otherwise its digest represents it (D2). Guarded
      -- by m.id: both sides of a comparison are evaluated, even beside a null.
      WHEN m.id IS NOT NULL THEN CASE
        WHEN CASE WHEN m.digest IS NULL
          THEN m.content_encrypted = p_contents[s.ord] AND m.message_type = p_types[s.ord]
            AND m.reply_to_id IS NOT DISTINCT FROM s.reply_id
          ELSE m.digest = message_digest(p_types[s.ord], s.reply_id, p_contents[s.ord]) END THEN 'repeat'
        ELSE 'conflict' END
      -- After the check for repeats: an acknowledged message stays acknowledged, even after a block (D2).
      WHEN bars[p_writer_in[s.writer]] IS NOT NULL THEN bars[p_writer_in[s.writer]]
      WHEN requested[p_writer_in[s.writer]] AND octet_length(p_contents[s.ord]) > ${REQUEST_CONTENT_MAX_BYTES}
        THEN 'blocked'
      WHEN s.reply_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM messages r
        WHERE r.id = s.reply_id AND r.conversation_id = p_conversations[p_writer_in[s.writer]]
          AND r.kind = 'message' AND r.seq >= joined[s.writer]
      ) THEN 'bad_reply'
    END AS reason
    FROM unnest(p_writer, p_client_ids, p_replies) WITH ORDINALITY
      AS s (writer, client_id, reply_id, ord)
    -- Written so that only the index of client message ids matches: with another index the planner might look up by
    -- conversation and filter, so that a send would cost as much as its history is long (D12).
    LEFT JOIN LATERAL (
      SELECT m.id, m.digest, m.content_encrypted, m.message_type, m.reply_to_id FROM messages m
      WHERE uuid_send(m.conversation_id) = uuid_send(p_conversations[p_writer_in[s.writer]])
        AND m.sender_id = p_writers[s.writer] AND m.client_message_id = s.client_id LIMIT 1
    ) m ON true
  ) j WHERE j.reason IS NOT NULL;

  IF refused IS NOT NULL THEN
    SELECT array_agg(CASE WHEN s.ord = ANY (refused) THEN 0 ELSE s.n END ORDER BY s.ord) INTO numbers
    FROM (
      SELECT w.ord, count(*) FILTER (WHERE w.ord <> ALL (refused))
        OVER (PARTITION BY p_writer_in[w.writer] ORDER BY w.ord) AS n
      FROM unnest(p_writer) WITH ORDINALITY AS w (writer, ord)
    ) s;
    RETURN QUERY SELECT r.reason, r.ord, r.first_id, NULL::float8, NULL::float8, NULL::float8, NULL::float8
    FROM unnest(refused, reasons, firsts) AS r (ord, reason, first_id);
  END IF;

  -- An unaccepted conversation accepts only a few messages. The refused ones are at the end, so earlier numbers stay.
  -- The server adds the reason: the previous release has no outcome for it.
  IF true = ANY (requested) THEN
    RETURN QUERY SELECT 'blocked', s.ord::integer, NULL::uuid, NULL::float8, NULL::float8, NULL::float8, NULL::float8
    FROM unnest(p_writer, numbers) WITH ORDINALITY AS s (writer, n, ord)
    WHERE s.n > 0 AND requested[p_writer_in[s.writer]]
      AND last_seqs[p_writer_in[s.writer]] + s.n > ${REQUEST_MESSAGES_MAX};
    SELECT array_agg(CASE WHEN requested[p_writer_in[s.writer]]
        AND last_seqs[p_writer_in[s.writer]] + s.n > ${REQUEST_MESSAGES_MAX} THEN 0 ELSE s.n END ORDER BY s.ord)
    INTO numbers FROM unnest(p_writer, numbers) WITH ORDINALITY AS s (writer, n, ord);
  END IF;

  INSERT INTO messages (conversation_id, seq, id, version, sender_id, client_message_id,
    message_type, content_encrypted, reply_to_id, created_at)
  SELECT p_conversations[p_writer_in[s.writer]], last_seqs[p_writer_in[s.writer]] + s.n, s.id,
    versions[p_writer_in[s.writer]] + s.n, p_writers[s.writer], s.client_id, s.type,
    s.content, s.reply_id, moment
  FROM unnest(p_ids, p_writer, numbers, p_client_ids, p_types, p_contents, p_replies)
    AS s (id, writer, n, client_id, type, content, reply_id)
  WHERE s.n > 0;

  SELECT array_agg(t.conversation), array_agg(t.n), array_agg(p_writers[t.sole])
  INTO touched, counts, soles
  FROM (
    SELECT p_writer_in[s.writer] AS conversation, max(s.n) AS n,
      CASE WHEN min(s.writer) = max(s.writer) THEN min(s.writer) END AS sole
    FROM unnest(p_writer, numbers) AS s (writer, n) WHERE s.n > 0 GROUP BY 1
  ) t;
  IF touched IS NULL THEN RETURN; END IF;

  UPDATE conversations c
  SET last_seq = c.last_seq + t.n, version = c.version + t.n, updated_at = moment,
    -- Null without retention, and stays null. Otherwise it changes only when nothing was due, or when what is left
    -- has a longer retention, so the index of due conversations is rarely updated.
    next_expiry_at = least(c.next_expiry_at, moment + make_interval(secs => c.retention_s))
  FROM unnest(touched, counts) AS t (conversation, n) WHERE c.id = p_conversations[t.conversation];

  RETURN QUERY SELECT 'new', t.conversation, NULL::uuid, last_seqs[t.conversation]::float8,
    versions[t.conversation]::float8, (extract(epoch FROM moment) * 1000)::float8,
    members[t.conversation]::float8
  FROM unnest(touched) AS t (conversation);

  IF NOT EXISTS (
    SELECT FROM unnest(touched) AS t (conversation) CROSS JOIN LATERAL (
      SELECT FROM participants p
      WHERE uuid_send(p.conversation_id) = uuid_send(p_conversations[t.conversation]) AND NOT p.open LIMIT 1
    ) p
  ) AND NOT EXISTS (
    SELECT FROM unnest(touched, soles) AS t (conversation, sole) CROSS JOIN LATERAL (
      SELECT FROM participants p
      WHERE uuid_send(p.conversation_id) = uuid_send(p_conversations[t.conversation]) AND NOT p.pending
        AND p.user_id IS DISTINCT FROM t.sole LIMIT 1
    ) p
  ) THEN
    RETURN;
  END IF;

  RETURN QUERY
  WITH grown AS MATERIALIZED (
    SELECT p_conversations[t.conversation] AS conversation_id, t.sole,
      last_seqs[t.conversation] AS last_seq, versions[t.conversation] AS version
    FROM unnest(touched, soles) AS t (conversation, sole)
  ),
  flips AS (
    SELECT p.conversation_id, p.user_id
    FROM grown g CROSS JOIN LATERAL (
      SELECT r.* FROM participants r
      WHERE uuid_send(r.conversation_id) = uuid_send(g.conversation_id) AND NOT r.open OFFSET 0
    ) p
    UNION
    SELECT p.conversation_id, p.user_id
    FROM grown g CROSS JOIN LATERAL (
      SELECT r.* FROM participants r
      WHERE uuid_send(r.conversation_id) = uuid_send(g.conversation_id) AND NOT r.pending
        AND r.user_id IS DISTINCT FROM g.sole OFFSET 0
    ) p
  ),
  due AS MATERIALIZED (
    -- The same lock order as acknowledgements.
    SELECT p.conversation_id, p.user_id
    FROM flips f JOIN participants p ON p.conversation_id = f.conversation_id AND p.user_id = f.user_id
    ORDER BY p.conversation_id, p.user_id FOR NO KEY UPDATE OF p
  ),
  flipped AS (
    UPDATE participants p SET
      open = true,
      from_seq = CASE WHEN p.open THEN p.from_seq ELSE g.last_seq END,
      from_version = CASE WHEN p.open THEN p.from_version ELSE g.version END,
      from_pos = CASE WHEN p.open THEN p.from_pos ELSE (SELECT s.last_value FROM change_pos s) END,
      pending = p.pending OR p.user_id IS DISTINCT FROM g.sole
    FROM due d JOIN grown g ON g.conversation_id = d.conversation_id
    WHERE p.conversation_id = d.conversation_id AND p.user_id = d.user_id
    RETURNING p.user_id, p.pending
  ),
  waiting AS (
    INSERT INTO deliveries AS d (user_id, next_at)
    SELECT DISTINCT f.user_id, moment + p_first_delay_ms * interval '1 millisecond' FROM flipped f WHERE f.pending
    ORDER BY f.user_id
    -- Touching an existing row makes settle_pending wait for this transaction; see there.
    ON CONFLICT (user_id) DO UPDATE SET updated_at = moment
    RETURNING d.user_id, d.xmax = 0 AS is_new
  )
  SELECT 'waiting', NULL::integer, w.user_id, NULL::float8, NULL::float8, NULL::float8, NULL::float8
  FROM waiting w WHERE w.is_new;
END
$$;
`;
