import type { Database } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';

/** A conversation whose row this transaction holds, so no other transaction sends to it or changes it. */
export interface LockedConversation {
  id: string;
  type: 'direct' | 'group';
  title: string | null;
  lastSeq: number;
  version: number;
  membersVersion: number;
  participantCount: number;
}

/** Waits for the conversation's row, at most the lock time-out. Undefined if it does not exist. */
export async function lockConversation(
  db: Database,
  transaction: Transaction,
  conversationId: string,
): Promise<LockedConversation | undefined> {
  const [row] = await db.sequelize.query<LockedConversation>(
    `SELECT id, type, title, last_seq::float8 AS "lastSeq", version::float8 AS version,
       members_version::float8 AS "membersVersion", participant_count AS "participantCount"
     FROM conversations WHERE id = $conversationId FOR NO KEY UPDATE`,
    { bind: { conversationId }, type: QueryTypes.SELECT, transaction },
  );
  return row;
}

/**
 * Opens the resting participants at the state before the change (RULES.md, R5). Every transaction that changes
 * something visible to a sync calls this once while it holds the conversation's row.
 */
export async function openResting(
  db: Database,
  transaction: Transaction,
  before: LockedConversation,
): Promise<void> {
  await db.sequelize.query(
    `WITH resting AS (
       SELECT conversation_id, user_id FROM participants
       WHERE uuid_send(conversation_id) = uuid_send($id) AND NOT open
       ORDER BY conversation_id, user_id FOR NO KEY UPDATE
     )
     UPDATE participants p SET open = true, from_seq = $lastSeq, from_version = $version,
       from_pos = (SELECT last_value FROM change_pos)
     FROM resting r WHERE p.conversation_id = r.conversation_id AND p.user_id = r.user_id`,
    {
      bind: { id: before.id, lastSeq: before.lastSeq, version: before.version },
      type: QueryTypes.UPDATE,
      transaction,
    },
  );
}
