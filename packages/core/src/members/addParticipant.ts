import { guarded } from '@chasqui/db';
import {
  ConflictError,
  type ConversationRole,
  ForbiddenError,
  type GroupInvitation,
  NotFoundError,
  type Participant,
} from '@chasqui/protocol';
import { cannotBeAdded, checkMayGather } from '../blocks/blockedAmong';
import { admissionsOf } from '../consent/admission';
import { invite } from '../consent/invitations/invite';
import { announceRequests } from '../consent/requests/announceRequests';
import { addMember, announceAdded } from './addMember';
import { changeGroup, roleOf } from '../conversations/group/changeGroup';
import type { ChangeDeps } from '../conversations/changeDeps';
import { unknownUsers } from './rows/unknownUsers';

/** A new participant, or the invitation of somebody who has to be asked first. */
export type Added = Participant | { invitation: GroupInvitation };

/**
 * Adds a user to a group (admin any role, moderator members only). The new participant sees the entry 'added' and
 * what comes after it, also if they were in the group before (D9). Somebody who has to be asked first is invited
 * instead; a second call returns the same invitation. Throws ConflictError when they are a participant already,
 * NotFoundError for an unknown user, ForbiddenError for a block or somebody who admits nobody, RateLimitError when the
 * caller has invited too many people.
 */
export async function addParticipant(
  { db, announce, contactPolicy = 'open' }: ChangeDeps,
  userId: string,
  conversationId: string,
  otherId: string,
  role: ConversationRole,
): Promise<Added> {
  return guarded(async () => {
    const answer = await changeGroup(
      db,
      userId,
      conversationId,
      async ({ transaction, group, role: mine }) => {
        checkMayAdd(mine, role);
        const unknown = await unknownUsers(transaction, [otherId]);
        if (unknown.size > 0) throw new NotFoundError('user_id: no such user');
        if ((await roleOf(db, transaction, conversationId, otherId)) !== undefined) {
          throw new ConflictError('this user is a participant already');
        }

        await checkMayGather(transaction, userId, [otherId]);
        const question = { transaction, policy: contactPolicy, fromId: userId };
        const approach = { kind: 'add' as const, groupId: conversationId };
        const admissions = await admissionsOf(question, [otherId], approach);
        const admission = admissions.get(otherId);
        if (admission === 'refused') throw cannotBeAdded();
        if (admission === 'asked') {
          const asked = { kind: 'group' as const, conversationId, fromId: userId, role };
          return invite(transaction, { ...asked, toIds: [otherId] });
        }
        return addMember(db, transaction, group, userId, { userId: otherId, role });
      },
    );
    if ('invitation' in answer) {
      announceRequests(announce, answer.newlyInvited, conversationId);
      return { invitation: answer.invitation };
    }
    announceAdded(announce, answer);
    return answer.participant;
  });
}

/** Admins add with any role, so nobody grants one above their own. */
export function checkMayAdd(mine: ConversationRole, granted: ConversationRole): void {
  if (mine === 'member')
    throw new ForbiddenError('only an admin or a moderator may add participants');
  if (mine === 'moderator' && granted !== 'member') {
    throw new ForbiddenError('a moderator may add members only');
  }
}
