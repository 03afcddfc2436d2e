import { type Database, guarded, withTransaction } from '@chasqui/db';
import {
  type Conversation,
  type ConversationRole,
  ForbiddenError,
  NotFoundError,
} from '@chasqui/protocol';
import { QueryTypes, type Transaction } from 'sequelize';
import { addMember, announceAdded, type AddedMember } from '../../members/addMember';
import { checkMayAdd } from '../../members/addParticipant';
import { roleOf } from '../../conversations/group/changeGroup';
import type { ChangeDeps } from '../../conversations/changeDeps';
import { readConversation } from '../../conversations/read/readConversation';
import { lockConversation, type LockedConversation } from '../../conversations/lockConversation';
import { acceptContact } from '../acceptContact';
import { tellRequests } from './tellRequests';

/**
 * Accepts a request. A second call, from any device, returns the current conversation. Throws NotFoundError if there is
 * no such request to the user or the invitation is void.
 */
export async function acceptRequest(
  deps: ChangeDeps,
  userId: string,
  requestId: string,
): Promise<Conversation> {
  const found = await readStored(deps, userId, requestId);
  if (found.kind === 'contact') return acceptContact(deps, userId, found.conversationId);
  const { conversationId } = found;
  const added = await guarded(() => acceptInvitation(deps, userId, requestId, conversationId));
  if (added !== undefined) {
    announceAdded(deps.announce, added);
    tellRequests(deps.announce, [userId], conversationId);
  }
  return readConversation(deps, userId, conversationId);
}

interface Stored {
  kind: 'contact' | 'group';
  conversationId: string;
  fromId: string;
  role: ConversationRole;
  state: 'open' | 'accepted' | 'declined' | 'withdrawn';
}

const STORED = `SELECT kind, conversation_id AS "conversationId", from_id AS "fromId", role, state
  FROM requests WHERE id = $1 AND to_id = $2`;

/** A request in any state. Throws NotFoundError if it was sent to another user. */
export async function readStored(
  { db }: Pick<ChangeDeps, 'db'>,
  userId: string,
  requestId: string,
  transaction?: Transaction,
): Promise<Stored> {
  const [row] = await guarded(() =>
    db.sequelize.query<Stored>(STORED, {
      bind: [requestId, userId],
      type: QueryTypes.SELECT,
      ...(transaction === undefined ? {} : { transaction }),
    }),
  );
  if (row === undefined) throw new NotFoundError();
  return row;
}

/** Returns undefined if the user is already a member. */
async function acceptInvitation(
  { db }: ChangeDeps,
  userId: string,
  requestId: string,
  conversationId: string,
): Promise<AddedMember | undefined> {
  return withTransaction(db, async (transaction) => {
    const group = await lockConversation(db, transaction, conversationId);
    if (group === undefined) throw new NotFoundError();
    // Requests of a group change only under this lock, so this state is valid until the commit.
    const request = await readStored({ db }, userId, requestId, transaction);
    if ((await roleOf(db, transaction, conversationId, userId)) !== undefined) return undefined;
    if (request.state === 'accepted' || request.state === 'withdrawn') throw new NotFoundError();
    const role = await roleToGive(db, transaction, group, request);
    await db.sequelize.query(
      `UPDATE requests SET state = 'accepted', settled_at = now() WHERE id = $1`,
      { bind: [requestId], type: QueryTypes.UPDATE, transaction },
    );
    return addMember(db, transaction, group, request.fromId, { userId, role });
  });
}

/** The invitation is void if the inviter has since lost the right to add members. */
async function roleToGive(
  db: Database,
  transaction: Transaction,
  group: LockedConversation,
  { fromId, role }: Stored,
): Promise<ConversationRole> {
  const inviter = await roleOf(db, transaction, group.id, fromId);
  if (inviter === undefined) throw new NotFoundError();
  try {
    checkMayAdd(inviter, role);
  } catch (error) {
    if (error instanceof ForbiddenError) throw new NotFoundError();
    throw error;
  }
  return role;
}
