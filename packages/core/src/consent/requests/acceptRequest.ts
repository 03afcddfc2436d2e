import {
  columns,
  command,
  type Database,
  guarded,
  inTransaction,
  oneOf,
  type Querier,
  statement,
  text,
  withTransaction,
} from '@chasqui/db';
import {
  type Conversation,
  type ConversationRole,
  ForbiddenError,
  NotFoundError,
} from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { addMember, announceAdded, type AddedMember } from '../../members/addMember';
import { checkMayAdd } from '../../members/addParticipant';
import { roleOf } from '../../conversations/group/changeGroup';
import type { ChangeDeps } from '../../conversations/changeDeps';
import { readConversation } from '../../conversations/read/readConversation';
import { lockConversation, type LockedConversation } from '../../conversations/lockConversation';
import { acceptContact } from '../acceptContact';
import { announceRequests } from './announceRequests';

/**
 * Accepts a request. A second call, from any device, returns the current conversation. Throws NotFoundError if there is
 * no such request to the user or the invitation is void.
 */
export async function acceptRequest(
  deps: ChangeDeps,
  userId: string,
  requestId: string,
): Promise<Conversation> {
  const found = await readStored(deps.db, userId, requestId);
  if (found.kind === 'contact') return acceptContact(deps, userId, found.conversationId);
  const { conversationId } = found;
  const added = await guarded(() => acceptInvitation(deps, userId, requestId, conversationId));
  if (added !== undefined) {
    announceAdded(deps.announce, added);
    announceRequests(deps.announce, [userId], conversationId);
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

const stored = statement(
  'stored_request',
  `SELECT kind, conversation_id, from_id, role, state FROM requests WHERE id = $1::uuid AND to_id = $2::uuid`,
  columns<Stored>({
    kind: oneOf('contact', 'group'),
    conversationId: text,
    fromId: text,
    role: oneOf('admin', 'moderator', 'member'),
    state: oneOf('open', 'accepted', 'declined', 'withdrawn'),
  }),
);

const settle = command(
  'settle_request',
  'UPDATE requests SET state = $2::text, settled_at = now() WHERE id = $1::uuid',
);

/** A request in any state. Throws NotFoundError if it was sent to another user. */
export async function readStored(on: Querier, userId: string, requestId: string): Promise<Stored> {
  const found = await guarded(() => stored.row(on, requestId, userId));
  if (found === undefined) throw new NotFoundError();
  return found;
}

/** Stores the answer to a request. */
export async function settleRequest(
  on: Querier,
  requestId: string,
  state: 'accepted' | 'declined',
): Promise<void> {
  await settle.run(on, requestId, state);
}

/** Returns undefined if the user is already a member. */
async function acceptInvitation(
  { db }: ChangeDeps,
  userId: string,
  requestId: string,
  conversationId: string,
): Promise<AddedMember | undefined> {
  return withTransaction(db, async (transaction) => {
    const group = await lockConversation(transaction, conversationId);
    if (group === undefined) throw new NotFoundError();
    // Requests of a group change only under this lock, so this state is valid until the commit.
    const request = await readStored(inTransaction(transaction), userId, requestId);
    if ((await roleOf(db, transaction, conversationId, userId)) !== undefined) return undefined;
    if (request.state === 'accepted' || request.state === 'withdrawn') throw new NotFoundError();
    const role = await roleToGive(db, transaction, group, request);
    await settleRequest(inTransaction(transaction), requestId, 'accepted');
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
