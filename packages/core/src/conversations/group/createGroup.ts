import { command, type Database, guarded, inTransaction, withTransaction } from '@chasqui/db';
import { newId } from '@chasqui/foundation';
import {
  type Conversation,
  type ConversationRole,
  NotFoundError,
  ValidationError,
} from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { cannotBeAdded, checkMayGather } from '../../blocks/blockedAmong';
import { admissionsOf, type Admission } from '../../consent/admission';
import { insertRequests } from '../../consent/requests/insertRequests';
import { announceRequests } from '../../consent/requests/announceRequests';
import type { LockedConversation } from '../lockConversation';
import { appendEvent } from '../appendEvent';
import type { ChangeDeps } from '../changeDeps';
import { conversationModels } from '../conversationModels';
import { readGroupUpdate } from './groupUpdate';
import { conversationCreated } from '../../events/conversationEvents';
import { insertParticipants } from '../../members/rows/insertParticipants';
import { newMembership } from '../../members/rows/newMembership';
import { readConversations } from '../read/readConversations';
import { unknownUsers } from '../../members/rows/unknownUsers';

/** Users besides the creator: about as many ids as one request holds. More can be added one by one. */
const GROUP_CREATE_MAX = 3_000;

/**
 * Creates a group with its creator as admin and the others as members, ignoring duplicate ids and the creator's own.
 * Users who must consent first are invited instead. The log starts with the event 'created', which all members see. A
 * second call creates a second group. Throws NotFoundError for unknown users, ForbiddenError if a block separates the
 * creator from one of them or one of them accepts nobody, ValidationError for too many users, RateLimitError for too
 * many invitations.
 */
export async function createGroup(
  deps: ChangeDeps,
  userId: string,
  title: string,
  participantIds: string[],
): Promise<Conversation> {
  return (await findOrCreateGroup(deps, { userId, title, participantIds, clientId: null }))
    .conversation;
}

export interface GroupRequest {
  userId: string;
  title: string;
  participantIds: string[];
  /** The creator's id for this group; null: every call creates another group. */
  clientId: string | null;
}

/**
 * The same, but idempotent: a second call by the same user with the same `clientId` returns the first group in its
 * current state, even with other arguments or concurrently on another node. Throws NotFoundError if the user has left
 * that group.
 */
export async function findOrCreateGroup(
  { db, announce, retentionS = null, contactPolicy = 'open' }: ChangeDeps,
  { userId, title, participantIds, clientId }: GroupRequest,
): Promise<{ conversation: Conversation; created: boolean }> {
  const others = [...new Set(participantIds)].filter((id) => id !== userId);
  if (others.length > GROUP_CREATE_MAX) {
    const message = `must be at most ${GROUP_CREATE_MAX} users`;
    throw new ValidationError(`participant_ids: ${message}`, [
      { path: 'participant_ids', message },
    ]);
  }
  return guarded(async () => {
    const made = await withTransaction(db, async (transaction) => {
      // Checked first, because users of an existing group may have been deleted since.
      const known = await findGroup(db, transaction, userId, clientId);
      if (known !== undefined) return { known };
      await checkUsers(db, transaction, userId, participantIds, others);
      await checkMayGather(transaction, userId, others);
      const question = { transaction, policy: contactPolicy, fromId: userId };
      const approach = { kind: 'add' as const, groupId: null };
      const admissions = await admissionsOf(question, others, approach);
      const withAdmission = (admission: Admission): string[] =>
        others.filter((id) => admissions.get(id) === admission);
      if (withAdmission('refused').length > 0) throw cannotBeAdded();
      const members = withAdmission('admitted');
      const participantCount = members.length + 1;
      const row = { title, participantCount, retentionS, clientId };
      const group = await insertGroup(transaction, userId, row);
      if (group === undefined) {
        // The insert waited for a concurrent one with the same client id, which is committed now.
        return { known: await findGroup(db, transaction, userId, clientId) };
      }
      const user_ids = [userId, ...members];
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
      const invited = await insertRequests(transaction, {
        ...{ kind: 'group', conversationId: group.id, fromId: userId, role: 'member' },
        toIds: withAdmission('asked'),
      });
      return {
        ...{ members, invited },
        mine: await readConversations(db, userId, [group.id], { preview: false, transaction }),
        update: await readGroupUpdate(db, transaction, created.group),
        entry: created.entry,
      };
    });
    if ('known' in made) {
      const [known] = await readConversations(
        db,
        userId,
        made.known === undefined ? [] : [made.known],
        {
          preview: false,
        },
      );
      if (known === undefined) throw new NotFoundError();
      return { conversation: known, created: false };
    }
    const { mine, update, entry, members, invited } = made;
    const [conversation] = mine;
    if (conversation === undefined) throw new Error('a group was created without its creator');
    const created = (role: ConversationRole): Conversation => ({
      ...update.conversation,
      my: newMembership(role, entry.seq),
    });
    const { membersVersion } = update.group;
    announce.joined(membersVersion, conversationCreated([userId], created('admin')));
    if (members.length > 0) {
      announce.joined(membersVersion, conversationCreated(members, created('member')));
    }
    announceRequests(announce, invited, conversation.id);
    announce.entries(conversation.id, membersVersion, [entry]);
    return { conversation, created: true };
  });
}

async function checkUsers(
  db: Database,
  transaction: Transaction,
  userId: string,
  participantIds: string[],
  others: string[],
): Promise<void> {
  const unknown = await unknownUsers(transaction, [userId, ...others]);
  if (unknown.size === 0) return;
  const index = participantIds.findIndex((id) => unknown.has(id));
  throw new NotFoundError(index < 0 ? undefined : `participant_ids.${index}: no such user`);
}

interface NewGroup {
  title: string;
  participantCount: number;
  retentionS: number | null;
  clientId: string | null;
}

async function findGroup(
  db: Database,
  transaction: Transaction,
  userId: string,
  clientId: string | null,
): Promise<string | undefined> {
  if (clientId === null) return undefined;
  const found = await conversationModels(db).conversations.findOne({
    attributes: ['id'],
    where: { createdBy: userId, clientId },
    transaction,
  });
  return found?.id;
}

/** Returns no row if the creator already has a group with this client id. */
const insertGroupRow = command(
  'insert_group',
  `INSERT INTO conversations (id, type, title, created_by, participant_count, retention_s, client_id)
   VALUES ($1::uuid, 'group', $2::text, $3::uuid, $4::integer, $5::integer, $6::text)
   ON CONFLICT (created_by, client_id) WHERE client_id IS NOT NULL DO NOTHING RETURNING id`,
);

/** Returns undefined if the creator already has a group with this client id. */
async function insertGroup(
  transaction: Transaction,
  userId: string,
  { title, participantCount, retentionS, clientId }: NewGroup,
): Promise<LockedConversation | undefined> {
  const id = newId();
  const values = [id, title, userId, participantCount, retentionS, clientId];
  const inserted = await insertGroupRow.run(inTransaction(transaction), ...values);
  if (inserted === 0) return undefined;
  return { id, type: 'group', title, lastSeq: 0, version: 0, membersVersion: 1, participantCount };
}
