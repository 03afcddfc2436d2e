import type { Database } from '@chasqui/db';
import type { ConversationRole } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { conversationModels } from '../../conversations/conversationModels';

/** Where memberships begin. */
export interface Beginning {
  conversationId: string;
  /** The first seq that they see (D9). */
  joinedSeq: number;
  /** The conversation's version before they joined: a sync shows them everything since (R5). */
  fromVersion: number;
  /** Milliseconds since 1970: the `updated_at` of the conversation. */
  at: number;
}

/** Makes these users participants who have read all that was before (D8). */
export async function insertParticipants(
  db: Database,
  transaction: Transaction,
  { conversationId, joinedSeq, fromVersion, at }: Beginning,
  members: { userId: string; role: ConversationRole }[],
): Promise<void> {
  const before = joinedSeq - 1;
  const joinedAt = new Date(at);
  const rows = members.map(({ userId, role }) => ({
    conversationId,
    userId,
    role,
    joinedAt,
    joinedSeq,
    deliveredSeq: before,
    readSeq: before,
    ackedSeq: before,
    fromSeq: before,
    fromVersion,
    // Receipts that are under way do not see this row, and do not open it: the first sync tells all.
    fromPos: 0,
    activityAt: joinedAt,
  }));
  await conversationModels(db).participants.bulkCreate(rows, { transaction });
}
