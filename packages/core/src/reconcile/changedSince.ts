/** From where a look at the change logs of this node's users begins. */
export interface Since {
  /** Seconds since 1970 by the clock of PostgreSQL. */
  at: number;
  /** Position in the change logs. */
  pos: number;
}

/** The time from which something counts as news; parameter 2. */
export const MARGIN = `to_timestamp($2)`;

/**
 * Memberships of the users in parameter 1 in which something may be new: the open ones, and what was
 * closed since, for a sync or another device may have closed what a connection of this node has not
 * been told. With the place from where it changed (R5).
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
