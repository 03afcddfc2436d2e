import type { Database } from '@chasqui/db';
import { QueryTypes } from 'sequelize';
import type { GroupChange } from '../conversations/group/changeGroup';

/**
 * Who becomes admin when this one leaves: the longest-standing moderator, else member. Undefined when
 * there is another admin, or nobody at all.
 */
export async function findSuccessor(
  db: Database,
  { transaction, group }: GroupChange,
  leavingUserId: string,
): Promise<string | undefined> {
  const [first] = await db.sequelize.query<{ userId: string; role: string }>(
    `SELECT user_id AS "userId", role FROM participants
     WHERE conversation_id = $conversationId AND user_id <> $leavingUserId
     ORDER BY array_position(ARRAY['admin', 'moderator', 'member'], role), joined_at, joined_seq, user_id
     LIMIT 1`,
    {
      bind: { conversationId: group.id, leavingUserId },
      type: QueryTypes.SELECT,
      transaction,
    },
  );
  return first?.role === 'admin' ? undefined : first?.userId;
}
