/**
 * Joins the membership of user $1 in one conversation. LIMIT keeps the planner from turning the join
 * around: it would begin with all memberships of the user whenever it took them for few (D12).
 */
export function membershipOf(conversationId: string): string {
  return `JOIN LATERAL (SELECT * FROM participants x
    WHERE x.conversation_id = ${conversationId} AND x.user_id = $1 LIMIT 1)`;
}
