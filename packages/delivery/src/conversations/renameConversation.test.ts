import { conversationForAllSchema } from '@pern/protocol/conversation';
import { openDeliveryRoom, type DeliveryRoom } from '@pern/testing/deliveryRoom';
import { addParticipant } from './addParticipant';
import { createGroup } from './createGroup';
import { renameConversation } from './renameConversation';

let room: DeliveryRoom;
let ana: string;
let ben: string;
let cleo: string;
let id: string;
beforeAll(async () => {
  room = await openDeliveryRoom();
  [ana, ben, cleo] = await room.users('ana', 'ben', 'cleo');
});
afterAll(() => room.close());
beforeEach(async () => {
  ({ id } = await createGroup(room, ana, 'Choir', [ben]));
  room.announce.take();
});

test('a new title is an entry of the history, and everybody hears of it', async () => {
  const seq = await room.send(id, ben);
  const renamed = await renameConversation(room, ana, id, 'Band');
  expect(renamed).toMatchObject({
    title: 'Band',
    version: 3,
    last_seq: seq + 1,
    last_message: { seq },
    my: { unread_count: 1 },
  });
  const [log, members, ...rest] = room.announce.take();
  expect(rest).toEqual([]);
  expect(log).toMatchObject({ to: 'log', membersVersion: 1, entries: [{ seq: seq + 1 }] });
  const { my: _my, ...forAll } = renamed;
  expect(members).toEqual({
    to: 'members',
    conversationId: id,
    membersVersion: 1,
    event: 'conversation:updated',
    payload: forAll,
    seq,
  });
  expect(conversationForAllSchema.parse(forAll)).toEqual(forAll);
});

test('the title that it has already changes nothing', async () => {
  const before = await room.rows('SELECT * FROM conversations WHERE id = $1', id);
  expect(await renameConversation(room, ana, id, 'Choir')).toMatchObject({ version: 1 });
  expect(await room.rows('SELECT * FROM conversations WHERE id = $1', id)).toEqual(before);
  expect(room.announce.take()).toEqual([]);
});

test('members may not, strangers learn nothing', async () => {
  await expect(renameConversation(room, ben, id, 'Mine')).rejects.toMatchObject({
    name: 'ForbiddenError',
  });
  await expect(renameConversation(room, cleo, id, 'Mine')).rejects.toMatchObject({
    name: 'NotFoundError',
  });
});

test('[D9] who joined after the last message is told of the title without that message', async () => {
  const seq = await room.send(id, ana, 'before Cleo');
  await addParticipant(room, ana, id, cleo, 'member');
  room.announce.take();
  await renameConversation(room, ana, id, 'Band');
  const [, members, late] = room.announce.take();
  expect(members).toMatchObject({ to: 'members', seq, payload: { last_message: { seq } } });
  expect(late).toMatchObject({
    to: 'users',
    userIds: [cleo],
    event: 'conversation:updated',
    payload: { title: 'Band', last_message: null },
  });
});
