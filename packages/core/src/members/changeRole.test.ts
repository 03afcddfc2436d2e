import { randomUUID } from 'node:crypto';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { changeRole } from './changeRole';
import { createGroup } from '../conversations/group/createGroup';
import { readConversation } from '../conversations/read/readConversation';

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

test('an admin gives roles; it is an entry of the history and no change of the membership', async () => {
  expect(await changeRole(room, ana, id, ben, 'moderator')).toMatchObject({
    user_id: ben,
    role: 'moderator',
    joined_seq: 1,
  });
  const [log, members] = room.announce.take();
  expect(log).toMatchObject({ to: 'log', membersVersion: 1, entries: [{ seq: 2 }] });
  const [entry] = log?.to === 'log' ? log.entries : [];
  expect(entry?.event.data).toMatchObject({
    event: { type: 'role', user_ids: [ben], role: 'moderator' },
  });
  expect(members).toMatchObject({
    to: 'members',
    event: 'conversation:updated',
    membersVersion: 1,
  });
  expect(await readConversation(room, ben, id)).toMatchObject({ my: { role: 'moderator' } });
});

test('the role that somebody has already changes nothing', async () => {
  expect(await changeRole(room, ana, id, ben, 'member')).toMatchObject({ role: 'member' });
  expect(await readConversation(room, ana, id)).toMatchObject({ version: 1, last_seq: 1 });
  expect(room.announce.take()).toEqual([]);
});

test('only admins may, and strangers on either side are not found', async () => {
  await changeRole(room, ana, id, ben, 'moderator');
  await expect(changeRole(room, ben, id, ben, 'admin')).rejects.toMatchObject({
    name: 'ForbiddenError',
  });
  await expect(changeRole(room, cleo, id, ben, 'member')).rejects.toMatchObject({
    name: 'NotFoundError',
  });
  await expect(changeRole(room, ana, id, cleo, 'member')).rejects.toMatchObject({
    name: 'NotFoundError',
  });
  await expect(changeRole(room, ana, randomUUID(), ben, 'member')).rejects.toMatchObject({
    name: 'NotFoundError',
  });
});

test('the last admin steps down only after making another', async () => {
  await expect(changeRole(room, ana, id, ana, 'member')).rejects.toMatchObject({
    name: 'ValidationError',
    details: [{ path: 'role' }],
  });
  await changeRole(room, ana, id, ben, 'admin');
  expect(await changeRole(room, ana, id, ana, 'member')).toMatchObject({ role: 'member' });
  await expect(changeRole(room, ben, id, ben, 'moderator')).rejects.toMatchObject({
    name: 'ValidationError',
  });
});

test('two admins who demote each other at once leave one', async () => {
  for (let round = 0; round < 10; round += 1) {
    const group = await createGroup(room, ana, 'Duel', [ben]);
    await changeRole(room, ana, group.id, ben, 'admin');
    const outcomes = await Promise.allSettled([
      changeRole(room, ana, group.id, ben, 'member'),
      changeRole(room, ben, group.id, ana, 'member'),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(
      await room.rows(
        `SELECT count(*)::integer FROM participants WHERE conversation_id = $1 AND role = 'admin'`,
        group.id,
      ),
    ).toEqual([[1]]);
  }
});
