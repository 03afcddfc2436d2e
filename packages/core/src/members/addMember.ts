import type { Database } from '@chasqui/db';
import type { Conversation, ConversationRole, Participant } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { conversationCreated } from '../events/conversationEvents';
import type { Announce } from '../fanout/announce';
import { openResting, type LockedConversation } from '../conversations/lockConversation';
import type { Entry } from '../ports/index';
import { appendEvent } from '../conversations/appendEvent';
import {
  announceGroupUpdate,
  readGroupUpdate,
  type GroupUpdate,
} from '../conversations/group/groupUpdate';
import { insertParticipants } from './rows/insertParticipants';
import { newMembership } from './rows/newMembership';
import { readParticipant } from './rows/participantRows';

/** What a new membership is announced with after the commit. */
export interface AddedMember {
  participant: Participant;
  update: GroupUpdate;
  entry: Entry;
}

/** Makes somebody a member of a group, in the name of `actorId`. The caller holds the group's row and has judged it. */
export async function addMember(
  db: Database,
  transaction: Transaction,
  group: LockedConversation,
  actorId: string,
  { userId, role }: { userId: string; role: ConversationRole },
): Promise<AddedMember> {
  await openResting(transaction, group);
  const event = { type: 'added' as const, user_ids: [userId], role };
  const added = await appendEvent(db, transaction, group, actorId, event, { members: 1 });
  await insertParticipants(
    db,
    transaction,
    {
      conversationId: group.id,
      joinedSeq: added.entry.seq,
      fromVersion: group.version,
      at: added.entry.at,
    },
    [{ userId, role }],
  );
  const participant = await readParticipant(transaction, group.id, userId);
  if (participant === undefined) throw new Error('a new participant is not there');
  const update = await readGroupUpdate(db, transaction, added.group);
  return { participant, update, entry: added.entry };
}

/** The new member gets the group, everybody the entry and the group's new state. */
export function announceAdded(
  announce: Announce,
  { participant, update, entry }: AddedMember,
): Conversation {
  const created: Conversation = {
    ...update.conversation,
    last_message: null,
    my: newMembership(participant.role, entry.seq),
  };
  announce.joined(update.group.membersVersion, conversationCreated([participant.user_id], created));
  announceGroupUpdate(announce, update, [entry]);
  return created;
}
