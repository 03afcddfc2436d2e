import type { Database } from '@chasqui/db';
import type { ConversationRole, GroupInvitation } from '@chasqui/protocol';
import { QueryTypes, type Transaction } from 'sequelize';
import { insertRequests } from '../requests/insertRequests';
import { INVITATION, toInvitation, type InvitationRow } from './invitationRows';

interface Invited {
  kind: 'group';
  conversationId: string;
  fromId: string;
  toIds: [string];
  role: ConversationRole;
}

/** Invites a user to a group. Returns the invitation, even if it already exists or was declined. */
export async function invite(
  db: Database,
  transaction: Transaction,
  asked: Invited,
): Promise<{ invitation: GroupInvitation; news: string[] }> {
  const news = await insertRequests(db, transaction, asked);
  const [found] = await db.sequelize.query<{ row: InvitationRow }>(
    `SELECT ${INVITATION} AS row FROM requests r JOIN users u ON u.id = r.to_id
     WHERE r.conversation_id = $1 AND r.to_id = $2`,
    {
      bind: [asked.conversationId, asked.toIds[0]],
      ...{ type: QueryTypes.SELECT, transaction },
    },
  );
  if (found === undefined) throw new Error('a new invitation was not found');
  return { invitation: toInvitation(found.row), news };
}
