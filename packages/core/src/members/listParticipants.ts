import { guarded } from '@chasqui/db';
import { NotFoundError, type Participant } from '@chasqui/protocol';
import type { Page, PageRequest } from '../paging/page';
import type { ChangeDeps } from '../conversations/changeDeps';
import { jsonRows } from '../conversations/read/jsonRows';
import { decodePlace, encodePlace } from '../paging/pagePlace';
import {
  PARTICIPANT,
  requestedParticipants,
  toParticipant,
  type ParticipantRow,
} from './participantRows';

const PARTICIPANTS = `SELECT ${PARTICIPANT} AS row FROM (
    SELECT x.* FROM participants me JOIN participants x ON x.conversation_id = me.conversation_id
    WHERE me.conversation_id = $1::uuid AND me.user_id = $2::uuid
      AND (x.joined_at, x.user_id) > ($3::timestamptz, $4::uuid)
    ORDER BY x.joined_at, x.user_id LIMIT $5::integer
  ) p JOIN users u ON u.id = p.user_id ORDER BY p.joined_at, p.user_id`;
const MEMBERSHIP = `SELECT c.requested_id FROM participants p JOIN conversations c ON c.id = p.conversation_id
  WHERE p.conversation_id = $1::uuid AND p.user_id = $2::uuid`;

const BEGINNING = { at: '-infinity', id: '00000000-0000-0000-0000-000000000000' };

/** Everybody in a conversation, longest-standing first. Throws NotFoundError to strangers (D9). */
export async function listParticipants(
  { db }: Pick<ChangeDeps, 'db'>,
  userId: string,
  conversationId: string,
  { limit, cursor }: PageRequest,
): Promise<Page<Participant>> {
  return guarded(async () => {
    const [member] = await db.query('participation', MEMBERSHIP, [conversationId, userId]);
    if (member === undefined) throw new NotFoundError();
    const { at, id } = cursor === undefined ? BEGINNING : decodePlace(conversationId, cursor);
    const rows = await jsonRows<ParticipantRow>(db, 'participants_of', PARTICIPANTS, [
      conversationId,
      userId,
      at,
      id,
      limit + 1,
    ]);
    const [requestedId] = member as [string | null];
    const requested = await requestedParticipants(db, requestedId === null ? [] : [conversationId]);
    const second = [...requested.values()].filter((one) => isAfter(one, { at, id }));
    const all = [...rows.map(toParticipant), ...second];
    if (second.length > 0) {
      all.sort((a, b) => (isAfter(a, { at: b.joined_at, id: b.user_id }) ? 1 : -1));
    }
    const items = all.slice(0, limit);
    const last = items.at(-1);
    return {
      items,
      nextCursor:
        all.length > limit && last !== undefined
          ? encodePlace(conversationId, Date.parse(last.joined_at), last.user_id)
          : null,
    };
  });
}

function isAfter(one: Participant, { at, id }: { at: string; id: string }): boolean {
  if (at === BEGINNING.at || one.joined_at > at) return true;
  return one.joined_at === at && one.user_id > id;
}
