/** Entries of a direct conversation searched for a reply without a client message id (D12). */
const ANSWERED_WITHIN = 200;
/** Conversations of the sender searched for the other user, latest activity first. */
const SHARED_WITHIN = 100;

/**
 * SQL: whether user `one` knows user `other`. They do if they opened, accepted or answered the direct conversation of
 * the two, or accepted an invitation by the other to a group. Each part is an index lookup.
 */
export function knowsSql(one: string, other: string): string {
  return `(EXISTS (
    SELECT FROM conversations c
    WHERE c.direct_key = least(${one}, ${other})::text || ':' || greatest(${one}, ${other})::text
      AND c.requested_id IS NULL AND (
        c.created_by = ${one}
        OR EXISTS (SELECT FROM messages m WHERE uuid_send(m.conversation_id) = uuid_send(c.id)
          AND m.sender_id = ${one} AND m.client_message_id IS NOT NULL)
        OR EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id
          AND m.seq <= ${ANSWERED_WITHIN} AND m.sender_id = ${one})
      )
  ) OR EXISTS (
    SELECT FROM requests r
    WHERE r.to_id = ${one} AND r.from_id = ${other} AND r.state = 'accepted'
  ))`;
}

/** SQL: whether both users are in one of the latest conversations of `other`. */
export function sharesSql(one: string, other: string): string {
  return `EXISTS (
    SELECT FROM (
      (SELECT p.conversation_id FROM participants p
       WHERE uuid_send(p.user_id) = uuid_send(${other}) AND p.open LIMIT ${SHARED_WITHIN})
      UNION ALL
      (SELECT p.conversation_id FROM participants p WHERE p.user_id = ${other} AND NOT p.open
       ORDER BY p.activity_at DESC, p.conversation_id DESC LIMIT ${SHARED_WITHIN})
    ) mine JOIN participants p ON p.conversation_id = mine.conversation_id AND p.user_id = ${one}
  )`;
}

/** SQL: whether the user's last membership of this group ended because they left it. */
export function hasLeft(user: string, groupId: string): string {
  return `coalesce((
    SELECT f.left_at IS NOT NULL FROM former_memberships f
    WHERE f.user_id = ${user} AND f.conversation_id = ${groupId} ORDER BY f.from_seq DESC LIMIT 1
  ), false)`;
}
