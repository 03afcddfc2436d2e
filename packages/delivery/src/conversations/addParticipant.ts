import { guarded } from '@pern/db/storeErrors';
import type { Conversation, ConversationRole, Participant } from '@pern/protocol/conversation';
import { ConflictError, ForbiddenError, NotFoundError } from '@pern/protocol/errors';
import { checkMayGather } from '../blocks/blockedAmong';
import { openResting } from '../lockConversation';
import { appendEvent } from './appendEvent';
import { changeGroup, roleOf } from './changeGroup';
import type { ConversationDeps } from './conversationDeps';
import { announceGroupUpdate, readGroupUpdate } from './groupUpdate';
import { insertParticipants } from './insertParticipants';
import { newMembership } from './newMembership';
import { readParticipant } from './participantRows';
import { unknownUsers } from './unknownUsers';

/**
 * Adds a user to a group (admin any role, moderator members only). The new participant sees the entry
 * 'added' and what comes after it; somebody who was in it before starts anew (D9). Throws ConflictError
 * when they are a participant already, NotFoundError for an unknown user.
 */
export async function addParticipant(
  { db, announce }: ConversationDeps,
  userId: string,
  conversationId: string,
  otherId: string,
  role: ConversationRole,
): Promise<Participant> {
  return guarded(async () => {
    const { participant, update, entry } = await changeGroup(
      db,
      userId,
      conversationId,
      async ({ transaction, group, role: mine }) => {
        checkMayAdd(mine, role);
        const unknown = await unknownUsers(db, transaction, [otherId]);
        if (unknown.size > 0) throw new NotFoundError('user_id: no such user');
        if ((await roleOf(db, transaction, conversationId, otherId)) !== undefined) {
          throw new ConflictError('this user is a participant already');
        }

        await checkMayGather(db, transaction, userId, [otherId]);
        await openResting(db, transaction, group);
        const event = { type: 'added' as const, user_ids: [otherId], role };
        const added = await appendEvent(db, transaction, group, userId, event, { members: 1 });
        await insertParticipants(
          db,
          transaction,
          {
            conversationId,
            joinedSeq: added.entry.seq,
            fromVersion: group.version,
            at: added.entry.at,
          },
          [{ userId: otherId, role }],
        );
        return {
          participant: await readParticipant(db, transaction, conversationId, otherId),
          update: await readGroupUpdate(db, transaction, added.group),
          entry: added.entry,
        };
      },
    );
    if (participant === undefined) throw new Error('a new participant is not there');
    const created: Conversation = {
      ...update.conversation,
      last_message: null,
      my: newMembership(role, entry.seq),
    };
    announce.joined(conversationId, update.group.membersVersion, [otherId], created);
    announceGroupUpdate(announce, update, [entry]);
    return participant;
  });
}

/** Admins add with any role, so nobody grants one above their own. */
function checkMayAdd(mine: ConversationRole, granted: ConversationRole): void {
  if (mine === 'member')
    throw new ForbiddenError('only an admin or a moderator may add participants');
  if (mine === 'moderator' && granted !== 'member') {
    throw new ForbiddenError('a moderator may add members only');
  }
}
