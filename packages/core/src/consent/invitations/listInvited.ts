import { command, guarded } from '@chasqui/db';
import { type GroupInvitation, NotFoundError } from '@chasqui/protocol';
import type { ChangeDeps } from '../../conversations/changeDeps';
import { jsonRows } from '../../conversations/read/jsonRows';
import { decodePlace, encodePlace } from '../../paging/pagePlace';
import type { Page, PageRequest } from '../../paging/page';
import { INVITATION, toInvitation, type InvitationRow } from './invitationRows';

/** One row for a participant. */
const membership = command(
  'is_in_group',
  'SELECT FROM participants p WHERE p.conversation_id = $1::uuid AND p.user_id = $2::uuid',
);
// Includes declined invitations, because a group does not learn that an invitation was declined.
const INVITED = `SELECT ${INVITATION} AS row FROM (
    SELECT * FROM requests x WHERE x.conversation_id = $1::uuid AND x.kind = 'group'
      AND x.state IN ('open', 'declined') AND (x.created_at, x.to_id) < ($3::timestamptz, $4::uuid)
      AND EXISTS (SELECT FROM participants me WHERE me.conversation_id = $1::uuid AND me.user_id = $2::uuid)
    ORDER BY x.created_at DESC, x.to_id DESC LIMIT $5::integer
  ) r JOIN users u ON u.id = r.to_id ORDER BY r.created_at DESC, r.to_id DESC`;

const BEGINNING = { at: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

/** Users invited to a group who have not joined, newest first. Throws NotFoundError unless the caller is a participant (D9). */
export async function listInvited(
  { db }: Pick<ChangeDeps, 'db'>,
  userId: string,
  conversationId: string,
  { limit, cursor }: PageRequest,
): Promise<Page<GroupInvitation>> {
  const list = `invited ${conversationId}`;
  const { at, id } = cursor === undefined ? BEGINNING : decodePlace(list, cursor);
  return guarded(async () => {
    if ((await membership.run(db, conversationId, userId)) === 0) throw new NotFoundError();
    const values = [conversationId, userId, at, id, limit + 1];
    const rows = await jsonRows<InvitationRow>(db, 'invited_to', INVITED, values);
    const items = rows.slice(0, limit).map(toInvitation);
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return {
      items,
      nextCursor: more ? encodePlace(list, Date.parse(last.created_at), last.user_id) : null,
    };
  });
}
