/** Where a poll of the change logs of this node's users starts. */
export interface Since {
  /** Seconds since 1970 by the clock of PostgreSQL. */
  at: number;
  /** Position in the change logs. */
  pos: number;
}

/** Changes from this time on count as new; parameter 2. */
export const MARGIN = `to_timestamp($2)`;

/**
 * Memberships of the users in parameter 1 that may have changes, with the position from which they changed (R5): the
 * open ones, and those closed since. A sync or another device may have closed a membership before this node's
 * connections received its changes.
 */
export const NEWS = `SELECT p.user_id, p.conversation_id, p.joined_seq, p.joined_at, p.read_at,
    min(s.from_version) AS from_version, min(s.from_seq) AS from_seq
  FROM (
    SELECT o.user_id, o.conversation_id, o.from_version, o.from_seq
    FROM unnest($1::uuid[]) AS u (id)
    CROSS JOIN LATERAL (
      SELECT x.* FROM participants x WHERE uuid_send(x.user_id) = uuid_send(u.id) AND x.open OFFSET 0
    ) o
    UNION ALL
    SELECT l.user_id, l.conversation_id, l.from_version, l.from_seq
    FROM changes l WHERE l.user_id = ANY ($1::uuid[]) AND l.closed_pos > $3 AND l.closed_at > ${MARGIN}
  ) s
  JOIN participants p ON p.conversation_id = s.conversation_id AND p.user_id = s.user_id
  GROUP BY p.conversation_id, p.user_id`;
