import type pg from 'pg';

/**
 * Adds groups of two without news, as after a sync: one message each, acknowledged by both. Keeps every invariant that the
 * auditor checks.
 */
export async function addRestingConversations(
  pool: pg.Pool,
  { userId, otherId, count }: { userId: string; otherId: string; count: number },
): Promise<void> {
  await pool.query(
    `WITH made AS (
       INSERT INTO conversations (id, type, title, created_by, last_seq, version, participant_count)
       SELECT gen_random_uuid(), 'group', 'resting', $1, 1, 1, 2 FROM generate_series(1, $3)
       RETURNING id, updated_at
     ), entries AS (
       INSERT INTO messages (conversation_id, seq, id, version, sender_id, content_encrypted, created_at)
       SELECT id, 1, gen_random_uuid(), 1, $1, repeat('x', 200), updated_at FROM made
     )
     INSERT INTO participants (conversation_id, user_id, role, joined_at, joined_seq, delivered_seq,
       read_seq, acked_seq, open, from_seq, from_version, from_pos, activity_at)
     SELECT id, u, 'member', updated_at, 1, 1, 1, 1, false, 1, 1, 0, updated_at
     FROM made, unnest(ARRAY[$1, $2]::uuid[]) u`,
    [userId, otherId, count],
  );
}

/** Adds messages that all participants of a conversation have read. */
export async function lengthenHistory(
  pool: pg.Pool,
  { conversationId, senderId, count }: { conversationId: string; senderId: string; count: number },
): Promise<void> {
  await pool.query(
    `WITH counted AS (
       UPDATE conversations SET last_seq = last_seq + $3, version = version + $3 WHERE id = $1
       RETURNING last_seq - $3 AS seq, version - $3 AS version
     ), entries AS (
       INSERT INTO messages (conversation_id, seq, id, version, sender_id, client_message_id, digest,
         content_encrypted, created_at)
       SELECT $1, c.seq + i, gen_random_uuid(), c.version + i, $2, 'old ' || c.seq + i, '\\x00',
         repeat('x', 200), now()
       FROM counted c, generate_series(1, $3) i
     )
     UPDATE participants SET delivered_seq = delivered_seq + $3, read_seq = read_seq + $3,
       acked_seq = acked_seq + $3,
       cursors = coalesce((SELECT jsonb_object_agg(key, value::bigint + $3) FROM jsonb_each_text(cursors)), '{}')
     WHERE conversation_id = $1`,
    [conversationId, senderId, count],
  );
}

/** Vacuums and analyzes the tables, as autovacuum would some minutes later. */
export async function settleTables(pool: pg.Pool): Promise<void> {
  await pool.query('VACUUM ANALYZE');
}
