import type { Database } from '@chasqui/db';
import { QueryTypes } from 'sequelize';
import type { GroupChange } from '../conversations/group/changeGroup';

/**
 * Holds the user's row: positions in the change log of one user are written under it, in commit order
 * (R5). Taken after the conversation's row and before those of participants, like everywhere.
 */
export async function lockUser(
  db: Database,
  { transaction }: GroupChange,
  userId: string,
): Promise<void> {
  await db.sequelize.query('SELECT FROM users WHERE id = $userId FOR NO KEY UPDATE', {
    bind: { userId },
    type: QueryTypes.SELECT,
    transaction,
  });
}

/**
 * Deletes the membership with its watermarks, and leaves in the change log that it ended, for the
 * user's devices that are offline (D7). Records the range of the membership, because what they wrote is theirs, and
 * whether they left themselves, because then they are asked before they are added again. The row is open, so it says
 * itself from where it had changed.
 */
export async function endMembership(
  db: Database,
  { transaction, group }: GroupChange,
  userId: string,
  leftThemselves: boolean,
): Promise<void> {
  await db.sequelize.query(
    `WITH gone AS (
       DELETE FROM participants WHERE conversation_id = $conversationId AND user_id = $userId RETURNING *
     ), forgotten AS (
       DELETE FROM watermark_log WHERE conversation_id = $conversationId AND user_id = $userId
     ), kept AS (
       INSERT INTO former_memberships (user_id, conversation_id, from_seq, to_seq, left_at)
       SELECT user_id, conversation_id, joined_seq, $lastSeq::bigint, CASE WHEN $leftThemselves::boolean THEN now() END
       FROM gone WHERE joined_seq <= $lastSeq::bigint
       ON CONFLICT DO NOTHING
     )
     INSERT INTO changes
       (user_id, closed_pos, conversation_id, from_seq, from_version, from_pos, removed)
     SELECT user_id, nextval('change_pos'), conversation_id, from_seq, from_version, from_pos, true
     FROM gone`,
    {
      bind: { conversationId: group.id, userId, lastSeq: group.lastSeq, leftThemselves },
      type: QueryTypes.INSERT,
      transaction,
    },
  );
}

/**
 * Forgets the user's waiting delivery if nothing is waiting elsewhere (R6). Failing harms nothing: the
 * next wake-up finds nothing to do and clears it up.
 */
export async function settleUser(db: Database, userId: string): Promise<void> {
  const settle = 'SELECT FROM settle_pending($1::uuid[], ARRAY[]::uuid[])';
  await db.query('settle_user', settle, [[userId]]).catch(() => undefined);
}
