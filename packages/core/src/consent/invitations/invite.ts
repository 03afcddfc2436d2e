import { column, inTransaction, json, statement } from '@chasqui/db';
import type { ConversationRole, GroupInvitation } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { insertRequests } from '../requests/insertRequests';
import { INVITATION, toInvitation, type InvitationRow } from './invitationRows';

interface Invited {
  kind: 'group';
  conversationId: string;
  fromId: string;
  toIds: [string];
  role: ConversationRole;
}

const invitationTo = statement(
  'invitation_to',
  `SELECT ${INVITATION} FROM requests r JOIN users u ON u.id = r.to_id
   WHERE r.conversation_id = $1::uuid AND r.to_id = $2::uuid`,
  column(json<InvitationRow>()),
);

/** Invites a user to a group. Returns the invitation, even if it already exists or was declined. */
export async function invite(
  transaction: Transaction,
  asked: Invited,
): Promise<{ invitation: GroupInvitation; newlyInvited: string[] }> {
  const newlyInvited = await insertRequests(transaction, asked);
  const [userId] = asked.toIds;
  const found = await invitationTo.row(inTransaction(transaction), asked.conversationId, userId);
  if (found === undefined) throw new Error('a new invitation was not found');
  return { invitation: toInvitation(found), newlyInvited };
}
