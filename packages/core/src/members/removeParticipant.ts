import { type Database, guarded } from '@chasqui/db';
import {
  type ConversationEvent,
  type ConversationRole,
  ForbiddenError,
  NotFoundError,
} from '@chasqui/protocol';
import { tellRequests } from '../consent/requests/tellRequests';
import { withdrawInvitation } from '../consent/invitations/withdrawInvitation';
import { openResting } from '../conversations/lockConversation';
import { appendEvent, type Appended } from '../conversations/appendEvent';
import { changeGroup, roleOf, type GroupChange } from '../conversations/group/changeGroup';
import { setRole } from './changeRole';
import type { ChangeDeps } from '../conversations/changeDeps';
import { endMembership, lockUser, settleUser } from './endMembership';
import { announceGroupUpdate, readGroupUpdate } from '../conversations/group/groupUpdate';
import { lockMembers } from './lockMembers';
import { findSuccessor } from './successor';

/**
 * Ends a membership (admin anyone, moderator members, everybody their own): nothing that comes after
 * reaches the user, who no longer counts as a recipient (D9). When the last admin leaves, the
 * longest-standing moderator, else member, becomes admin. For somebody who was only invited it takes the invitation
 * back. Throws NotFoundError for everybody else.
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
        if (await withdrawInvitation(db, transaction, conversationId, otherId)) return 'withdrawn';
        throw new NotFoundError();
      }

      const successor = former === 'admin' ? await findSuccessor(db, held, otherId) : undefined;
      const appended = await remove(db, held, userId, otherId, successor);
      const { group } = appended.at(-1) ?? held;
      return {
        update: await readGroupUpdate(db, transaction, group),
        entries: appended.map(({ entry }) => entry),
      };
    });
    if (outcome === 'withdrawn') {
      tellRequests(announce, [otherId], conversationId);
      return;
    }
    const { update, entries } = outcome;
    // The one who left first, so that their connections get nothing that comes after.
    announce.removed(conversationId, update.group.membersVersion, [otherId]);
    announceGroupUpdate(announce, update, entries);
  });
  await settleUser(db, otherId);
}

function checkMayRemove(mine: ConversationRole, other: ConversationRole | undefined): void {
  if (mine === 'member') throw new ForbiddenError('only an admin or a moderator may remove others');
  if (mine === 'moderator' && other !== undefined && other !== 'member') {
    throw new ForbiddenError('a moderator may remove members only');
  }
}

/** In the order of locks: the conversation is held, then the user, then the members. */
async function remove(
  db: Database,
  held: GroupChange,
  userId: string,
  otherId: string,
  successor: string | undefined,
): Promise<Appended[]> {
  const { transaction, group } = held;
  await lockUser(db, held, otherId);
  await lockMembers(db, transaction, group.id, [
    otherId,
    ...(successor === undefined ? [] : [successor]),
  ]);
  await openResting(db, transaction, group);
  await endMembership(db, held, otherId, userId === otherId);
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
