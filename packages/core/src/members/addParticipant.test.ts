import { randomUUID } from 'node:crypto';
import { participantSchema } from '@chasqui/protocol';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { addParticipant } from './addParticipant';
import { changeRole } from './changeRole';
import { createGroup } from '../conversations/group/createGroup';
import { readConversation } from '../conversations/read/readConversation';
import { removeParticipant } from './removeParticipant';

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

test('[D8] [D9] a new participant sees what comes from joining on, and has read all before', async () => {
  await room.send(id, ana, 'before Cleo');
  const participant = await addParticipant(room, ana, id, cleo, 'member');
  expect(participantSchema.parse(participant)).toEqual(participant);
  expect(participant).toMatchObject({ joined_seq: 3, delivered_seq: 2, read_seq: 2 });
  expect(await readConversation(room, cleo, id)).toMatchObject({
    participant_count: 3,
    last_message: null,
    my: { joined_seq: 3, read_seq: 2, unread_count: 0 },
  });
  const seq = await room.send(id, ben, 'hello Cleo');
  expect(await readConversation(room, cleo, id)).toMatchObject({
    last_message: { seq, content_encrypted: 'hello Cleo' },
    my: { unread_count: 1 },
  });
});

test('the new member receives the conversation, the other members receive the new member', async () => {
  const seq = await room.send(id, ana);
  await addParticipant(room, ana, id, cleo, 'moderator');
  const [created, log, members, late, ...rest] = room.announce.take();
  expect(rest).toEqual([]);
  expect(created).toMatchObject({
    to: 'membership',
    userIds: [cleo],
    joined: {
      last_message: null,
      participant_count: 3,
      my: { role: 'moderator', joined_seq: seq + 1, read_seq: seq, unread_count: 0 },
    },
  });
  // The members as of the change, the new one among them.
  const [[version]] = (await room.rows(
    'SELECT members_version::float8 FROM conversations WHERE id = $1',
    id,
  )) as [[number]];
  expect(version).toBe(2);
  expect(log).toMatchObject({
    to: 'log',
    membersVersion: version,
    entries: [{ seq: seq + 1, senderId: ana }],
  });
  expect(members).toMatchObject({ to: 'members', membersVersion: version, seq });
  expect(late).toMatchObject({ to: 'users', userIds: [cleo], payload: { last_message: null } });
});

test('admins add with any role, moderators add members, members nobody', async () => {
  const [dan, eve] = await room.users(`dan-${randomUUID()}`, `eve-${randomUUID()}`);
  await expect(addParticipant(room, ben, id, cleo, 'member')).rejects.toMatchObject({
    name: 'ForbiddenError',
  });
  await changeRole(room, ana, id, ben, 'moderator');
  for (const role of ['moderator', 'admin'] as const) {
    await expect(addParticipant(room, ben, id, cleo, role)).rejects.toMatchObject({
      name: 'ForbiddenError',
    });
  }
  expect(await addParticipant(room, ben, id, cleo, 'member')).toMatchObject({ role: 'member' });
  expect(await addParticipant(room, ana, id, dan, 'admin')).toMatchObject({ role: 'admin' });
  await expect(addParticipant(room, eve, id, eve, 'member')).rejects.toMatchObject({
    name: 'NotFoundError',
  });
});

test('nobody twice, and nobody who does not exist', async () => {
  await expect(addParticipant(room, ana, id, ben, 'member')).rejects.toMatchObject({
    name: 'ConflictError',
  });
  await expect(addParticipant(room, ana, id, randomUUID(), 'member')).rejects.toMatchObject({
    name: 'NotFoundError',
  });
  expect(await readConversation(room, ana, id)).toMatchObject({ version: 1, participant_count: 2 });
});

test('[D9] a member who is added again sees nothing from before', async () => {
  const first = await room.send(id, ana);
  await room.acknowledge(id, ben, first, 'read');
  await removeParticipant(room, ana, id, ben);
  await room.send(id, ana, 'without Ben');
  const again = await addParticipant(room, ana, id, ben, 'member');
  expect(again).toMatchObject({ joined_seq: first + 3, read_seq: first + 2 });
  expect(
    await room.rows(
      `SELECT open, pending, cursors, acked_seq::float8, from_seq::float8, delivered_at, read_at
       FROM participants WHERE conversation_id = $1 AND user_id = $2`,
      id,
      ben,
    ),
  ).toEqual([[true, false, {}, first + 2, first + 2, null, null]]);
  expect(await readConversation(room, ben, id)).toMatchObject({
    last_message: null,
    my: { unread_count: 0 },
  });
});
