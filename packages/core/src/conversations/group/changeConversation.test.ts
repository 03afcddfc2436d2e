import { conversationForAllSchema } from '@chasqui/protocol';
import { openDeliveryRoom, type DeliveryRoom } from '../../testing/coreRoom';
import { addParticipant } from '../../members/addParticipant';
import { createGroup } from './createGroup';
import { changeConversation } from '../changeConversation';

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

test('a new title appends an event and is announced to all members', async () => {
  const seq = await room.send(id, ben);
  const renamed = await changeConversation(room, ana, id, { title: 'Band' });
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

test('setting the current title changes nothing', async () => {
  const before = await room.rows('SELECT * FROM conversations WHERE id = $1', id);
  expect(await changeConversation(room, ana, id, { title: 'Choir' })).toMatchObject({ version: 1 });
  expect(await room.rows('SELECT * FROM conversations WHERE id = $1', id)).toEqual(before);
  expect(room.announce.take()).toEqual([]);
});

test('members cannot rename a group, and non-participants do not find it', async () => {
  await expect(changeConversation(room, ben, id, { title: 'Mine' })).rejects.toMatchObject({
    name: 'ForbiddenError',
  });
  await expect(changeConversation(room, cleo, id, { title: 'Mine' })).rejects.toMatchObject({
    name: 'NotFoundError',
  });
});

test('[D9] a member who joined after the last message receives the new title without that message', async () => {
  const seq = await room.send(id, ana, 'before Cleo');
  await addParticipant(room, ana, id, cleo, 'member');
  room.announce.take();
  await changeConversation(room, ana, id, { title: 'Band' });
  const [, members, late] = room.announce.take();
  expect(members).toMatchObject({ to: 'members', seq, payload: { last_message: { seq } } });
  expect(late).toMatchObject({
    to: 'users',
    userIds: [cleo],
    event: 'conversation:updated',
    payload: { title: 'Band', last_message: null },
  });
});

test('two changes in one call are applied together or not at all, and announced once', async () => {
  const seq = await room.send(id, ana);
  const both = { title: 'Band', retentionS: 3_600 };
  await addParticipant(room, ana, id, cleo, 'moderator');
  const before = await room.rows('SELECT * FROM conversations WHERE id = $1', id);
  room.announce.take();
  // A moderator may change the title but not the retention.
  await expect(changeConversation(room, cleo, id, both)).rejects.toMatchObject({
    name: 'ForbiddenError',
  });
  await expect(
    changeConversation({ ...room, maxRetentionS: 60 }, ana, id, both),
  ).rejects.toMatchObject({
    ...{ name: 'ValidationError', details: [{ path: 'retention_s' }] },
  });
  expect(await room.rows('SELECT * FROM conversations WHERE id = $1', id)).toEqual(before);
  expect(room.announce.take()).toEqual([]);

  const changed = await changeConversation(room, ana, id, both);
  expect(changed).toMatchObject({ title: 'Band', retention_s: 3_600, last_seq: seq + 3 });
  const announced = room.announce.take();
  expect(announced.map(({ to }) => to)).toEqual(['log', 'members', 'users']);
  expect(announced[1]).toMatchObject({ payload: { title: 'Band', retention_s: 3_600 } });
  await changeConversation(room, ana, id, both);
  expect(room.announce.take()).toEqual([]);
});
