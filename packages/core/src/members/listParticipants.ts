import { guarded } from '@chasqui/db';
import { NotFoundError, type Participant } from '@chasqui/protocol';
import type { Page, PageRequest } from '../paging/page';
import type { ChangeDeps } from '../conversations/changeDeps';
import { decodePlace, encodePlace } from '../paging/pagePlace';
import { requestedParticipants } from './rows/participantRows';
import { membershipWithRequest, participantsAfter } from './rows/statements';

const BEGINNING = { at: '-infinity', id: '00000000-0000-0000-0000-000000000000' };

/** All participants, longest-standing first. Throws NotFoundError unless the user is one of them (D9). */
export async function listParticipants(
  { db }: Pick<ChangeDeps, 'db'>,
  userId: string,
  conversationId: string,
  { limit, cursor }: PageRequest,
): Promise<Page<Participant>> {
  return guarded(async () => {
    const membership = await membershipWithRequest.row(db, conversationId, userId);
    if (membership === undefined) throw new NotFoundError();
    const { at, id } = cursor === undefined ? BEGINNING : decodePlace(conversationId, cursor);
    const found = await participantsAfter.rows(db, conversationId, userId, at, id, limit + 1);
    const requested = await requestedParticipants(
      db,
      membership.requestedId === null ? [] : [conversationId],
    );
    const second = [...requested.values()].filter((one) => isAfter(one, { at, id }));
    const all = [...found, ...second];
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
