import { type Database, withTransaction } from '@chasqui/db';
import { type ConversationRole, ForbiddenError, NotFoundError } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { lockConversation, type LockedConversation } from '../lockConversation';
import { conversationModels } from '../conversationModels';

/** A locked group and the participant who changes it. */
export interface GroupChange {
  transaction: Transaction;
  /** The state before the change. */
  group: LockedConversation;
  /** Role of the user who makes the change. */
  role: ConversationRole;
}

/**
 * Runs `work` in one transaction that holds the group's row, and returns its result after the commit. Throws
 * NotFoundError unless the user is a participant (D9), ForbiddenError for a direct conversation.
 */
export async function changeGroup<T>(
  db: Database,
  actorId: string,
  conversationId: string,
  work: (change: GroupChange) => Promise<T>,
): Promise<T> {
  return withTransaction(db, async (transaction) => {
    const group = await lockConversation(transaction, conversationId);
    // Memberships and roles change only under this lock, so this state is valid until the commit.
    const role = group && (await roleOf(db, transaction, conversationId, actorId));
    if (group === undefined || role === undefined) throw new NotFoundError();
    if (group.type === 'direct') {
      throw new ForbiddenError(
        'the participants and the title of a direct conversation cannot be changed',
      );
    }
    return work({ transaction, group, role });
  });
}

/** The role of a participant; undefined for all other users. */
export async function roleOf(
  db: Database,
  transaction: Transaction,
  conversationId: string,
  userId: string,
): Promise<ConversationRole | undefined> {
  const participant = await conversationModels(db).participants.findOne({
    attributes: ['role'],
    where: { conversationId, userId },
    transaction,
  });
  return participant?.role;
}
