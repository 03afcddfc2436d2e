import { withTransaction, type Database } from '@pern/db/connect';
import { guarded } from '@pern/db/storeErrors';
import type { Conversation, ConversationRole } from '@pern/protocol/conversation';
import { NotFoundError, ValidationError } from '@pern/protocol/errors';
import type { Transaction } from 'sequelize';
import { v7 } from 'uuid';
import { checkMayGather } from '../blocks/blockedAmong';
import type { LockedConversation } from '../lockConversation';
import { appendEvent } from './appendEvent';
import type { ConversationDeps } from './conversationDeps';
import { conversationModels } from './conversationModels';
import { readGroupUpdate } from './groupUpdate';
import { insertParticipants } from './insertParticipants';
import { newMembership } from './newMembership';
import { readConversations } from './readConversations';
import { unknownUsers } from './unknownUsers';

/** Others in a new group: about as many ids as fit a request; more are added one by one. */
const GROUP_CREATE_MAX = 3_000;

/**
 * Makes a group with its creator as admin and the others as members; repeated ids and the creator's own
 * count once. Its history begins with the entry 'created', which everybody sees. A second call makes a
 * second group. Throws NotFoundError for unknown users, ForbiddenError when a block stands between the
 * creator and one of them, ValidationError for too many.
 */
export async function createGroup(
  { db, announce, retentionS = null }: ConversationDeps,
  userId: string,
  title: string,
  participantIds: string[],
): Promise<Conversation> {
  const others = [...new Set(participantIds)].filter((id) => id !== userId);
  if (others.length > GROUP_CREATE_MAX) {
    const message = `must be at most ${GROUP_CREATE_MAX} users`;
    throw new ValidationError(`participant_ids: ${message}`, [
      { path: 'participant_ids', message },
    ]);
  }
  return guarded(async () => {
    const { mine, update, entry } = await withTransaction(db, async (transaction) => {
      await checkUsers(db, transaction, userId, participantIds, others);
      await checkMayGather(db, transaction, userId, others);
      const participantCount = others.length + 1;
      const row = { title, participantCount, retentionS };
      const group = await insertGroup(db, transaction, userId, row);
      const user_ids = [userId, ...others];
      const created = await appendEvent(db, transaction, group, userId, {
        type: 'created',
        title,
        user_ids,
      });
      await insertParticipants(
        db,
        transaction,
        {
          conversationId: group.id,
          joinedSeq: created.entry.seq,
          fromVersion: group.version,
          at: created.entry.at,
        },
        user_ids.map((id) => ({ userId: id, role: id === userId ? 'admin' : 'member' })),
      );
      return {
        mine: await readConversations(db, userId, [group.id], { preview: false, transaction }),
        update: await readGroupUpdate(db, transaction, created.group),
        entry: created.entry,
      };
    });
    const [conversation] = mine;
    if (conversation === undefined) throw new Error('a group was made without its creator');
    const created = (role: ConversationRole): Conversation => ({
      ...update.conversation,
      my: newMembership(role, entry.seq),
    });
    const { membersVersion } = update.group;
    announce.joined(conversation.id, membersVersion, [userId], created('admin'));
    if (others.length > 0) {
      announce.joined(conversation.id, membersVersion, others, created('member'));
    }
    announce.entries(conversation.id, membersVersion, [entry]);
    return conversation;
  });
}

async function checkUsers(
  db: Database,
  transaction: Transaction,
  userId: string,
  participantIds: string[],
  others: string[],
): Promise<void> {
  const unknown = await unknownUsers(db, transaction, [userId, ...others]);
  if (unknown.size === 0) return;
  const index = participantIds.findIndex((id) => unknown.has(id));
  throw new NotFoundError(index < 0 ? undefined : `participant_ids.${index}: no such user`);
}

interface NewGroup {
  title: string;
  participantCount: number;
  retentionS: number | null;
}

async function insertGroup(
  db: Database,
  transaction: Transaction,
  userId: string,
  { title, participantCount, retentionS }: NewGroup,
): Promise<LockedConversation> {
  const id = v7();
  await conversationModels(db).conversations.create(
    { id, type: 'group', title, createdBy: userId, participantCount, retentionS },
    { transaction, returning: false },
  );
  return { id, type: 'group', title, lastSeq: 0, version: 0, membersVersion: 1, participantCount };
}
