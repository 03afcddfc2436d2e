import { randomUUID } from 'node:crypto';
import { conversationSchema } from '@chasqui/protocol';
import { openDeliveryRoom, type DeliveryRoom } from '../../testing/coreRoom';
import { createGroup } from './createGroup';
import { readConversation } from '../read/readConversation';

let room: DeliveryRoom;
let ana: string;
let ben: string;
let cleo: string;
beforeAll(async () => {
  room = await openDeliveryRoom();
  [ana, ben, cleo] = await room.users('ana', 'ben', 'cleo');
});
afterAll(() => room.close());
beforeEach(() => room.announce.take());

test('[D9] the log of a group starts with its creation, visible to all members', async () => {
  const group = await createGroup(room, ana, 'Choir', [ben, cleo, ben, ana]);
  expect(conversationSchema.parse(group)).toEqual(group);
  expect(group).toMatchObject({
    type: 'group',
    title: 'Choir',
    created_by: ana,
    version: 1,
    last_seq: 1,
    participant_count: 3,
    last_message: null,
    my: { role: 'admin', joined_seq: 1, delivered_seq: 0, read_seq: 0, unread_count: 0 },
  });
  expect(group.participants.map(({ user_id, role }) => [user_id, role]).sort()).toEqual(
    [
      [ana, 'admin'],
      [ben, 'member'],
      [cleo, 'member'],
    ].sort(),
  );
  expect(await readConversation(room, cleo, group.id)).toEqual({
    ...group,
    my: { ...group.my, role: 'member' },
  });

  const announced = room.announce.take();
  const joined = { to: 'membership', conversationId: group.id, membersVersion: 1 };
  expect(announced).toEqual([
    { ...joined, userIds: [ana], joined: group },
    {
      ...joined,
      userIds: [ben, cleo],
      joined: { ...group, my: { ...group.my, role: 'member' } },
    },
    expect.objectContaining({ to: 'log', conversationId: group.id, membersVersion: 1 }),
  ]);
  const [entry] = announced.flatMap((one) => (one.to === 'log' ? one.entries : []));
  expect(entry).toMatchObject({ seq: 1, senderId: ana, counts: false, origin: null });
  expect(entry?.event.data).toMatchObject({
    kind: 'event',
    seq: 1,
    version: 1,
    created_at: group.updated_at,
    event: { type: 'created', title: 'Choir', user_ids: [ana, ben, cleo] },
  });
});

test('a group may have one member, and a large group shows its first hundred participants', async () => {
  expect(await createGroup(room, ana, 'Notes', [])).toMatchObject({ participant_count: 1 });
  const many = await room.users(...Array.from({ length: 150 }, (_, i) => `singer-${i}`));
  const group = await createGroup(room, ana, 'Choir', many);
  expect(group).toMatchObject({ participant_count: 151 });
  expect(group.participants).toHaveLength(100);
  const [first] = room.announce.take().slice(-3);
  expect(first).toMatchObject({ joined: { participants: { length: 5 } } });
});

test('unknown users or too many users create no group', async () => {
  const before = await room.rows('SELECT count(*)::integer FROM conversations');
  await expect(createGroup(room, ana, 'Choir', [ben, randomUUID()])).rejects.toMatchObject({
    name: 'NotFoundError',
    message: 'participant_ids.1: no such user',
  });
  const crowd = Array.from({ length: 3_001 }, () => randomUUID());
  await expect(createGroup(room, ana, 'Choir', crowd)).rejects.toMatchObject({
    name: 'ValidationError',
    details: [{ path: 'participant_ids' }],
  });
  expect(await room.rows('SELECT count(*)::integer FROM conversations')).toEqual(before);
  expect(room.announce.take()).toEqual([]);
});
