import { randomUUID } from 'node:crypto';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { syncChanges, type SyncDeps } from '../sync/syncChanges';
import { changeRole } from './changeRole';
import { createGroup } from '../conversations/group/createGroup';
import { readConversation } from '../conversations/read/readConversation';
import { readConversations } from '../conversations/read/readConversations';
import { removeParticipant } from './removeParticipant';

let room: DeliveryRoom;
let ana: string;
let ben: string;
let cleo: string;
let dan: string;
let id: string;
beforeAll(async () => {
  room = await openDeliveryRoom();
  [ana, ben, cleo, dan] = await room.users('ana', 'ben', 'cleo', 'dan');
});
afterAll(() => room.close());
beforeEach(async () => {
  ({ id } = await createGroup(room, ana, 'Choir', [ben, cleo]));
  room.announce.take();
});

const roles = async (conversationId: string): Promise<Record<string, string>> =>
  Object.fromEntries(
    await room.rows(
      'SELECT user_id, role FROM participants WHERE conversation_id = $1',
      conversationId,
    ),
  ) as Record<string, string>;

test('[D9] who is removed has no conversation any more, and is no recipient', async () => {
  const seq = await room.send(id, ana);
  await room.acknowledge(id, cleo, seq, 'read');
  await removeParticipant(room, ana, id, ben);
  await expect(readConversation(room, ben, id)).rejects.toMatchObject({ name: 'NotFoundError' });
  expect(await readConversation(room, ana, id)).toMatchObject({
    participant_count: 2,
    last_message: { seq, status: 'read' },
  });
  await expect(room.send(id, ben)).rejects.toThrow('not_found');
});

test('[D9] the user who left is notified first, then the others as of the new membership', async () => {
  await removeParticipant(room, ana, id, ben);
  const [removed, log, members, ...rest] = room.announce.take();
  expect(rest).toEqual([]);
  expect(removed).toEqual({
    to: 'membership',
    conversationId: id,
    membersVersion: 2,
    userIds: [ben],
    joined: null,
  });
  expect(log).toMatchObject({ to: 'log', membersVersion: 2, entries: [{ seq: 2, counts: false }] });
  const [entry] = log?.to === 'log' ? log.entries : [];
  expect(entry?.event.data).toMatchObject({
    sender_id: ana,
    event: { type: 'removed', user_ids: [ben] },
  });
  expect(members).toMatchObject({
    to: 'members',
    membersVersion: 2,
    event: 'conversation:updated',
  });
});

test('[D7] a sync tells the devices that were offline, whether the membership was open or resting', async () => {
  const deps: SyncDeps = {
    db: room.db,
    cursorKey: () => Promise.resolve(Buffer.alloc(32, 1)),
    now: () => 0,
    readConversations: (userId, ids) => readConversations(room.db, userId, ids, { preview: true }),
  };
  const { cursor } = await syncChanges(deps, ben, { limit: 100 });
  const { cursor: cursorOfCleo } = await syncChanges(deps, cleo, { limit: 100 });
  await room.send(id, ana);
  await syncChanges(deps, cleo, { limit: 100, cursor: cursorOfCleo });
  await removeParticipant(room, ana, id, ben);
  await removeParticipant(room, cleo, id, cleo);
  for (const [userId, since] of [
    [ben, cursor],
    [cleo, cursorOfCleo],
  ] as const) {
    expect(await syncChanges(deps, userId, { limit: 100, cursor: since })).toMatchObject({
      conversations: [],
      removed: [id],
      messages: [],
    });
  }
  // And those who stay learn of it, from a rest as well.
  const { cursor: cursorOfAna } = await syncChanges(deps, ana, { limit: 100 });
  await changeRole(room, ana, (await createGroup(room, ana, 'Other', [ben])).id, ben, 'admin');
  expect(await syncChanges(deps, ana, { limit: 100, cursor: cursorOfAna })).toMatchObject({
    conversations: [{ title: 'Other', last_seq: 2 }],
    messages: [{ seq: 1 }, { seq: 2 }],
  });
});

test('[D5] a delivery is forgotten when nothing else is waiting', async () => {
  const waiting = (): Promise<unknown[][]> =>
    room.rows('SELECT user_id FROM deliveries WHERE user_id = $1', dan);
  const [one, other] = [
    await createGroup(room, ana, 'One', [dan]),
    await createGroup(room, ana, 'Other', [dan]),
  ];
  await room.send(one.id, ana);
  await room.send(other.id, ana);
  await removeParticipant(room, dan, one.id, dan);
  expect(await waiting()).toHaveLength(1);
  await removeParticipant(room, ana, other.id, dan);
  expect(await waiting()).toEqual([]);
});

test('[D6] the times of receipts go with the membership', async () => {
  const log = (): Promise<unknown[][]> =>
    room.rows('SELECT seq FROM watermark_log WHERE conversation_id = $1', id);
  await room.rows(
    `INSERT INTO watermark_log SELECT $1, u, 'read', 1, now() FROM unnest($2::uuid[]) u`,
    id,
    [ben, cleo],
  );
  await removeParticipant(room, ben, id, ben);
  expect(await log()).toHaveLength(1);
});

test('admins remove anybody, moderators members, everybody themselves', async () => {
  const forbidden = { name: 'ForbiddenError' };
  await expect(removeParticipant(room, cleo, id, ben)).rejects.toMatchObject(forbidden);
  await changeRole(room, ana, id, ben, 'moderator');
  await expect(removeParticipant(room, ben, id, ana)).rejects.toMatchObject(forbidden);
  await removeParticipant(room, ben, id, cleo);
  await expect(removeParticipant(room, ben, id, cleo)).rejects.toMatchObject({
    name: 'NotFoundError',
  });
  await expect(removeParticipant(room, dan, id, ben)).rejects.toMatchObject({
    name: 'NotFoundError',
  });
  await expect(removeParticipant(room, ana, randomUUID(), ben)).rejects.toMatchObject({
    name: 'NotFoundError',
  });
  await removeParticipant(room, ben, id, ben);
  expect(await roles(id)).toEqual({ [ana]: 'admin' });
});

test('when the last admin leaves, the longest-standing moderator becomes admin', async () => {
  await changeRole(room, ana, id, cleo, 'moderator');
  room.announce.take();
  await removeParticipant(room, ana, id, ana);
  expect(await roles(id)).toEqual({ [ben]: 'member', [cleo]: 'admin' });
  const entries = room.announce.take().flatMap((one) => (one.to === 'log' ? one.entries : []));
  expect(entries.map(({ event }) => event.data.event)).toEqual([
    { type: 'left', user_ids: [ana] },
    { type: 'role', user_ids: [cleo], role: 'admin' },
  ]);
  expect(await readConversation(room, cleo, id)).toMatchObject({
    last_seq: entries.at(-1)?.seq,
    my: { role: 'admin', unread_count: 0 },
  });
});

test('without moderators the longest-standing member does; the last of all just leaves', async () => {
  const longest = [ben, cleo].sort()[0] ?? '';
  await removeParticipant(room, ana, id, ana);
  expect(await roles(id)).toMatchObject({ [longest]: 'admin' });
  await removeParticipant(room, cleo, id, cleo);
  await removeParticipant(room, ben, id, ben);
  expect(await roles(id)).toEqual({});
});
