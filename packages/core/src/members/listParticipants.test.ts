import { randomUUID } from 'node:crypto';
import { type Participant, participantSchema } from '@chasqui/protocol';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { addParticipant } from './addParticipant';
import { createGroup } from '../conversations/group/createGroup';
import { listParticipants } from './listParticipants';
import { readConversation } from '../conversations/read/readConversation';
import { removeParticipant } from './removeParticipant';

let room: DeliveryRoom;
beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());

test('[D9] everybody on pages, longest-standing first; strangers learn nothing', async () => {
  const [ana, stranger] = await room.users('ana', 'stranger');
  const many = await room.users(...Array.from({ length: 110 }, (_, i) => `singer-${i}`));
  const { id } = await createGroup(room, ana, 'Choir', many);
  const [late] = await room.users('late');
  await addParticipant(room, ana, id, late, 'moderator');

  const all: Participant[] = [];
  let cursor: string | undefined;
  do {
    const page = await listParticipants(
      room,
      late,
      id,
      cursor === undefined ? { limit: 40 } : { limit: 40, cursor },
    );
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(all).toHaveLength(112);
  expect(new Set(all.map(({ user_id }) => user_id)).size).toBe(112);
  expect(all.at(-1)).toMatchObject({ user_id: late, role: 'moderator', joined_seq: 2 });
  expect(participantSchema.parse(all[0])).toEqual(all[0]);
  expect((await readConversation(room, ana, id)).participants).toEqual(all.slice(0, 100));

  for (const conversationId of [id, randomUUID()]) {
    await expect(
      listParticipants(room, stranger, conversationId, { limit: 10 }),
    ).rejects.toMatchObject({ name: 'NotFoundError' });
  }
});

test('a cursor belongs to its conversation, and outlives the participant that it names', async () => {
  const [ana, ben, cleo] = await room.users('ana2', 'ben2', 'cleo2');
  const { id } = await createGroup(room, ana, 'One', []);
  for (const userId of [ben, cleo]) await addParticipant(room, ana, id, userId, 'member');
  const { nextCursor } = await listParticipants(room, ana, id, { limit: 2 });
  const cursor = nextCursor ?? '';
  const other = await createGroup(room, ana, 'Other', [ben]);
  await expect(listParticipants(room, ana, other.id, { limit: 2, cursor })).rejects.toMatchObject({
    name: 'ValidationError',
  });
  await removeParticipant(room, ana, id, ben);
  const rest = await listParticipants(room, ana, id, { limit: 2, cursor });
  expect(rest.items.map(({ user_id }) => user_id)).toEqual([cleo]);
  await removeParticipant(room, ana, id, cleo);
  expect(await listParticipants(room, ana, id, { limit: 2, cursor })).toEqual({
    items: [],
    nextCursor: null,
  });
});
