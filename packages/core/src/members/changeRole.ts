import { type Database, guarded } from '@chasqui/db';
import {
  type ConversationRole,
  ForbiddenError,
  NotFoundError,
  type Participant,
  ValidationError,
} from '@chasqui/protocol';
import { openResting } from '../conversations/lockConversation';
import { appendEvent } from '../conversations/appendEvent';
import { changeGroup, roleOf, type GroupChange } from '../conversations/group/changeGroup';
import type { ChangeDeps } from '../conversations/changeDeps';
import { conversationModels } from '../conversations/conversationModels';
import { announceGroupUpdate, readGroupUpdate } from '../conversations/group/groupUpdate';
import { lockMembers } from './rows/lockMembers';
import { readParticipant } from './rows/participantRows';

/**
 * Gives a participant another role (admin). The role that they have already changes nothing. The last
 * admin cannot step down while staying (ValidationError): a group that nobody may manage has no way back.
 */
export async function changeRole(
  { db, announce }: ChangeDeps,
  userId: string,
  conversationId: string,
  otherId: string,
  role: ConversationRole,
): Promise<Participant> {
  return guarded(async () => {
    const { participant, change } = await changeGroup(db, userId, conversationId, async (held) => {
      const { transaction, group } = held;
      if (held.role !== 'admin') throw new ForbiddenError('only an admin may change roles');
      const former = await roleOf(db, transaction, conversationId, otherId);
      if (former === undefined) throw new NotFoundError();
      if (former === role) {
        return { participant: await readParticipant(transaction, conversationId, otherId) };
      }
      if (former === 'admin') await checkNotLastAdmin(db, held);

      await lockMembers(transaction, conversationId, [otherId]);
      await openResting(transaction, group);
      await setRole(db, held, otherId, role);
      const event = { type: 'role' as const, user_ids: [otherId], role };
      const changed = await appendEvent(db, transaction, group, userId, event);
      return {
        participant: await readParticipant(transaction, conversationId, otherId),
        change: {
          update: await readGroupUpdate(db, transaction, changed.group),
          entry: changed.entry,
        },
      };
    });
    if (participant === undefined) throw new NotFoundError();
    if (change !== undefined) announceGroupUpdate(announce, change.update, [change.entry]);
    return participant;
  });
}

/** Writes the role alone; the caller has locked the row and tells of it. */
export async function setRole(
  db: Database,
  { transaction, group }: GroupChange,
  userId: string,
  role: ConversationRole,
): Promise<void> {
  await conversationModels(db).participants.update(
    { role },
    { where: { conversationId: group.id, userId }, transaction },
  );
}

async function checkNotLastAdmin(db: Database, { transaction, group }: GroupChange): Promise<void> {
  const admins = await conversationModels(db).participants.count({
    where: { conversationId: group.id, role: 'admin' },
    transaction,
  });
  if (admins > 1) return;
  const message = 'a group needs an admin: make somebody else admin first';
  throw new ValidationError(`role: ${message}`, [{ path: 'role', message }]);
}
