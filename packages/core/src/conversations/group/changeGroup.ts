import { type Database, withTransaction } from '@chasqui/db';
import { type ConversationRole, ForbiddenError, NotFoundError } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { lockConversation, type LockedConversation } from '../lockConversation';
import { conversationModels } from '../conversationModels';

/** A group under its lock, in the hands of one of its participants. */
export interface GroupChange {
  transaction: Transaction;
  /** As it was before the change. */
  group: LockedConversation;
  /** Role of the one who wants the change. */
  role: ConversationRole;
}

/**
 * Runs `work` in one transaction that holds the group's row, and returns its result after the commit.
 * Strangers get NotFoundError (D9); a direct conversation is Forbidden: nothing about it can be changed.
 */
export async function changeGroup<T>(
  db: Database,
  actorId: string,
  conversationId: string,
  work: (change: GroupChange) => Promise<T>,
): Promise<T> {
  return withTransaction(db, async (transaction) => {
    const group = await lockConversation(db, transaction, conversationId);
    // Memberships and roles change under this lock alone, so what is read now holds until the commit.
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

/** The role of a participant; undefined for everybody else. */
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
