import { openDeliveryRoom, type DeliveryRoom } from '../../testing/coreRoom';
import { rowsTouched } from '@chasqui/testkit';
import { createDirect } from '../createDirect';
import { createGroup } from '../group/createGroup';
import { listConversations } from './listConversations';
import { removeParticipant } from '../../members/removeParticipant';
import { changeConversation } from '../changeConversation';

let room: DeliveryRoom;
beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());

/** All pages of a user's list. */
async function listAll(userId: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await listConversations(
      room,
      userId,
      cursor === undefined ? { limit } : { limit, cursor },
    );
    expect(page.items.length).toBeLessThanOrEqual(limit);
    ids.push(...page.items.map(({ id }) => id));
    if (page.nextCursor === null) return ids;
    cursor = page.nextCursor;
  }
}

test('resting and open conversations are listed by latest activity, on pages without gaps', async () => {
  const [ana, ben] = await room.users('ana', 'ben');
  const ids: string[] = [];
  for (let i = 0; i < 12; i += 1) ids.unshift((await createGroup(room, ana, `G${i}`, [ben])).id);
  // Some share one timestamp, so that only their ids order them.
  await room.rows(
    `UPDATE conversations SET updated_at = '2026-01-01' WHERE id = ANY ($1::uuid[])`,
    ids.slice(4, 8),
  );
  const expected = [...ids.slice(0, 4), ...ids.slice(8), ...ids.slice(4, 8).sort().reverse()];
  expect(await listAll(ana, 5)).toEqual(expected);

  await room.rows('SELECT begin_sync($1)', ana);
  expect(await room.rows('SELECT FROM participants WHERE user_id = $1 AND open', ana)).toEqual([]);
  for (const limit of [1, 4, 12, 100]) expect(await listAll(ana, limit)).toEqual(expected);

  // A send and a new title move resting conversations to the top.
  const [first, second] = [expected[7] ?? '', expected[11] ?? ''];
  await room.send(first, ben);
  await changeConversation(room, ana, second, { title: 'New' });
  const rest = expected.filter((id) => id !== first && id !== second);
  for (const limit of [1, 5, 100])
    expect(await listAll(ana, limit)).toEqual([second, first, ...rest]);

  await removeParticipant(room, ana, second, ana);
  expect(await listAll(ana, 5)).toEqual([first, ...rest]);
});

test('a user without conversations has an empty list, and a cursor of another list is refused', async () => {
  const [ana] = await room.users('lonely');
  expect(await listConversations(room, ana, { limit: 10 })).toEqual({
    items: [],
    nextCursor: null,
  });
  const forged = (fields: unknown): string =>
    Buffer.from(JSON.stringify(fields)).toString('base64url');
  for (const cursor of [
    'x',
    forged({}),
    forged(['recent', 1]),
    forged(['recent', 8.64e15, ana]),
    forged(['recent', -1, ana]),
    forged(['recent', 1, 'no id']),
    forged(['other', 1, ana]),
  ]) {
    await expect(listConversations(room, ana, { limit: 10, cursor })).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('start over') as string,
    });
  }
});

test('[D12] a page costs the same with ten thousand resting conversations', async () => {
  const [ana, ben] = await room.users('busy', 'other');
  await room.rows(
    `WITH made AS (
       INSERT INTO conversations (id, type, title, created_by, participant_count, updated_at, last_seq)
       SELECT gen_random_uuid(), 'group', 'G' || n, $1, 2, now() - n * interval '1 minute', 0
       FROM generate_series(1, 10000) n RETURNING id, updated_at
     )
     INSERT INTO participants (conversation_id, user_id, role, joined_at, joined_seq, delivered_seq,
       read_seq, acked_seq, open, from_seq, from_version, from_pos, activity_at)
     SELECT m.id, u, 'member', m.updated_at, 1, 0, 0, 0, false, 0, 0, 0, m.updated_at
     FROM made m, unnest(ARRAY[$1::uuid, $2::uuid]) u`,
    ana,
    ben,
  );
  await room.rows('ANALYZE');
  for (let i = 0; i < 3; i += 1) {
    const { conversation } = await createDirect(room, ana, (await room.users(`friend-${i}`))[0]);
    await room.send(conversation.id, ana);
  }
  const { items, nextCursor } = await listConversations(room, ana, { limit: 20 });
  expect(items).toHaveLength(20);
  const pages = [{ limit: 20 }, { limit: 20, cursor: nextCursor ?? '' }];
  for (const page of pages) {
    // Small tables may be scanned for each row of the page, but resting memberships must not.
    const touched = await rowsTouched(room.db, (db) => listConversations({ db }, ana, page));
    expect(touched).toBeLessThan(2_000);
  }
});
