/** SQL: whether one of the two has blocked the other. */
export function isBlockedBetween(one: string, other: string): string {
  return `(EXISTS (SELECT FROM blocks b WHERE b.blocker_id = ${one} AND b.blocked_id = ${other})
    OR EXISTS (SELECT FROM blocks b WHERE b.blocker_id = ${other} AND b.blocked_id = ${one}))`;
}
