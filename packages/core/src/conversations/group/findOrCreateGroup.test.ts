import { openDeliveryRoom, type DeliveryRoom } from '../../testing/coreRoom';
import { findOrCreateGroup } from './createGroup';
import { removeParticipant } from '../../members/removeParticipant';

let room: DeliveryRoom;
beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());

const groups = async (userId: string): Promise<unknown> =>
  (await room.rows('SELECT count(*)::integer FROM conversations WHERE created_by = $1', userId))[0];

test('the same user and client id return the same group in its current state', async () => {
  const [ana, ben] = await room.users('ana-1', 'ben-1');
  const request = { userId: ana, title: 'Choir', participantIds: [ben], clientId: 'one' };
  const first = await findOrCreateGroup(room, request);
  expect(first.created).toBe(true);
  await room.send(first.conversation.id, ben);
  const again = await findOrCreateGroup(room, { ...request, title: 'Other', participantIds: [] });
  expect(again).toMatchObject({
    created: false,
    conversation: { id: first.conversation.id, title: 'Choir', last_seq: 2, participant_count: 2 },
  });
  expect(await groups(ana)).toEqual([1]);
});

test('another user, another client id or no client id creates another group', async () => {
  const [ana, ben] = await room.users('ana-2', 'ben-2');
  const request = { userId: ana, title: 'Choir', participantIds: [ben], clientId: 'one' };
  const made = [
    await findOrCreateGroup(room, request),
    await findOrCreateGroup(room, { ...request, clientId: 'ONE' }),
    await findOrCreateGroup(room, { ...request, userId: ben, participantIds: [ana] }),
    await findOrCreateGroup(room, { ...request, clientId: null }),
    await findOrCreateGroup(room, { ...request, clientId: null }),
  ];
  expect(new Set(made.map(({ conversation }) => conversation.id)).size).toBe(5);
});

test('concurrent calls on two nodes create one group and announce it once', async () => {
  const [ana, ben] = await room.users('ana-3', 'ben-3');
  const request = { userId: ana, title: 'Choir', participantIds: [ben], clientId: 'one' };
  const other = { ...room, db: room.otherNode() };
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, i) => findOrCreateGroup(i % 2 === 0 ? room : other, request)),
  );
  expect(made.filter(({ created }) => created)).toHaveLength(1);
  expect(new Set(made.map(({ conversation }) => conversation.id)).size).toBe(1);
  expect(await groups(ana)).toEqual([1]);
});

test('a repeat succeeds even with unknown users, and is a NotFoundError after the creator left', async () => {
  const [ana, ben] = await room.users('ana-4', 'ben-4');
  const request = { userId: ana, title: 'Choir', participantIds: [ben], clientId: 'one' };
  const { conversation } = await findOrCreateGroup(room, request);
  const later = { ...request, participantIds: ['0189d8a4-1111-7000-8000-000000000001'] };
  expect((await findOrCreateGroup(room, later)).created).toBe(false);
  await removeParticipant(room, ana, conversation.id, ana);
  await expect(findOrCreateGroup(room, request)).rejects.toMatchObject({ name: 'NotFoundError' });
  expect(await groups(ana)).toEqual([1]);
});
