import { type Database, guarded } from '@chasqui/db';
import {
  type ConversationEvent,
  type ConversationRole,
  ForbiddenError,
  NotFoundError,
} from '@chasqui/protocol';
import { announceRequests } from '../consent/requests/announceRequests';
import { withdrawInvitation } from '../consent/invitations/withdrawInvitation';
import { openResting } from '../conversations/lockConversation';
import { appendEvent, type Appended } from '../conversations/appendEvent';
import { changeGroup, roleOf, type GroupChange } from '../conversations/group/changeGroup';
import { setRole } from './changeRole';
import type { ChangeDeps } from '../conversations/changeDeps';
import { endMembership, lockUser, clearDeliveryOf } from './endMembership';
import { announceGroupUpdate, readGroupUpdate } from '../conversations/group/groupUpdate';
import { lockMembers } from './rows/lockMembers';
import { findSuccessor } from './successor';

/**
 * Ends a membership: admins may end any, moderators those of members, and every user their own. Later entries do not
 * reach the user, who is no longer a recipient (D9). When the last admin leaves, the longest-standing moderator, else
 * member, becomes admin. For a user who was only invited it withdraws the invitation; for others it throws
 * NotFoundError.
 */
export async function removeParticipant(
  { db, announce }: ChangeDeps,
  userId: string,
  conversationId: string,
  otherId: string,
): Promise<void> {
  await guarded(async () => {
    const outcome = await changeGroup(db, userId, conversationId, async (held) => {
      const { transaction } = held;
      const former = await roleOf(db, transaction, conversationId, otherId);
      if (userId !== otherId) checkMayRemove(held.role, former);
      if (former === undefined) {
        if (await withdrawInvitation(transaction, conversationId, otherId)) return 'withdrawn';
        throw new NotFoundError();
      }

      const successor = former === 'admin' ? await findSuccessor(held, otherId) : undefined;
      const appended = await remove(db, held, userId, otherId, successor);
      const { group } = appended.at(-1) ?? held;
      return {
        update: await readGroupUpdate(db, transaction, group),
        entries: appended.map(({ entry }) => entry),
      };
    });
    if (outcome === 'withdrawn') {
      announceRequests(announce, [otherId], conversationId);
      return;
    }
    const { update, entries } = outcome;
    // First to the user who left, so that their connections receive nothing later.
    announce.removed(conversationId, update.group.membersVersion, [otherId]);
    announceGroupUpdate(announce, update, entries);
  });
  await clearDeliveryOf(db, otherId);
}

function checkMayRemove(mine: ConversationRole, other: ConversationRole | undefined): void {
  if (mine === 'member') throw new ForbiddenError('only an admin or a moderator may remove others');
  if (mine === 'moderator' && other !== undefined && other !== 'member') {
    throw new ForbiddenError('a moderator may remove members only');
  }
}

/** Locks in the order of R8: the conversation is held, then the user, then the members. */
async function remove(
  db: Database,
  held: GroupChange,
  userId: string,
  otherId: string,
  successor: string | undefined,
): Promise<Appended[]> {
  const { transaction, group } = held;
  await lockUser(held, otherId);
  await lockMembers(transaction, group.id, [
    otherId,
    ...(successor === undefined ? [] : [successor]),
  ]);
  await openResting(transaction, group);
  await endMembership(held, otherId, userId === otherId);
  const event: ConversationEvent = {
    type: userId === otherId ? 'left' : 'removed',
    user_ids: [otherId],
  };
  const gone = await appendEvent(db, transaction, group, userId, event, { members: -1 });
  if (successor === undefined) return [gone];

  await setRole(db, held, successor, 'admin');
  const promotion: ConversationEvent = { type: 'role', user_ids: [successor], role: 'admin' };
  return [gone, await appendEvent(db, transaction, gone.group, userId, promotion)];
}
