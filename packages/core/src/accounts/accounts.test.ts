import { randomBytes, randomUUID } from 'node:crypto';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { createDirect } from '../conversations/createDirect';
import { createGroup } from '../conversations/group/createGroup';
import { addParticipant } from '../members/addParticipant';
import { readConversation } from '../conversations/read/readConversation';
import { readConversations } from '../conversations/read/readConversations';
import { removeParticipant } from '../members/removeParticipant';
import { readHistory } from '../messages/readMessages';
import { syncChanges } from '../sync/syncChanges';
import { finishDeletion, unfinishedDeletions } from './finishDeletion';

// What follows once the account can no longer act; packages/identity ends its sessions and tokens first.

let room: DeliveryRoom;
const recounted: string[] = [];
beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());
beforeEach(() => {
  room.announce.take();
  recounted.length = 0;
});

const cursorKey = randomBytes(32);
const sync = (userId: string, cursor?: string) =>
  syncChanges(
    {
      ...{ db: room.db, now: Date.now, cursorKey: () => Promise.resolve(cursorKey) },
      readConversations: (reader, ids) =>
        readConversations(room.db, reader, ids, { preview: true }),
    },
    userId,
    { limit: 100, cursor },
  );

/** Interrupts the deletion after its time limit has been checked this many times. */
const deps = (checks = Infinity) => ({
  db: room.db,
  announce: room.announce,
  isOver: () => checks-- <= 0,
  recountUnread(conversationId: string) {
    recounted.push(conversationId);
    return Promise.resolve();
  },
});

async function requestDeletion(userId: string, erases: boolean): Promise<void> {
  await room.rows(
    `UPDATE users SET deleted_at = now(), display_name = 'Deleted account', username = $2, username_key = $2
     WHERE id = $1`,
    ...[userId, `deleted_${randomUUID().slice(0, 8)}`],
  );
  await room.rows(
    'INSERT INTO account_deletions (user_id, erase_messages) VALUES ($1, $2)',
    ...[userId, erases],
  );
}

const historyOf = async (userId: string, id: string) =>
  (await readHistory(room.db, userId, id, { limit: 100 })).messages;

test('[D7] deleting an account leaves groups with a new admin and keeps direct conversations, in which the other user sees the anonymized name', async () => {
  const [ana, ben, cleo] = await room.users('ana-1', 'ben-1', 'cleo-1');
  const { id: group } = await createGroup(room, ana, 'Choir', [cleo]);
  await addParticipant(room, ana, group, ben, 'moderator');
  const { id: direct } = (await createDirect(room, ana, ben)).conversation;
  await room.send(direct, ana, 'from ana');
  await room.send(direct, ben, 'from ben');
  const { cursor } = await sync(ben);
  await requestDeletion(ana, false);
  expect(await unfinishedDeletions(room, 9)).toEqual([ana]);
  room.announce.take();

  expect(await finishDeletion(deps(), ana)).toBe(true);
  expect(await unfinishedDeletions(room, 9)).toEqual([]);
  expect(await readConversation(room, ben, group)).toMatchObject({
    participants: [
      { user_id: cleo, role: 'member' },
      { user_id: ben, role: 'admin' },
    ],
  });
  expect((await historyOf(cleo, group)).map(({ event }) => event?.type)).toEqual([
    ...['created', 'added', 'left', 'role'],
  ]);
  const announced = room.announce.take();
  const update = { to: 'members', conversationId: direct, event: 'conversation:updated' };
  expect(announced).toContainEqual(expect.objectContaining(update));

  const { conversations } = await sync(ben, cursor);
  const names = conversations.find(({ id }) => id === direct)?.participants ?? [];
  expect(names.map(({ display_name }) => display_name).sort()).toEqual([
    ...['Ben-1', 'Deleted account'],
  ]);
  expect(await historyOf(ben, direct)).toMatchObject([
    { content_encrypted: 'from ana', sender_id: ana },
    { content_encrypted: 'from ben' },
  ]);
  await expect(room.send(direct, ben)).rejects.toThrow('deleted');
  expect(
    await room.rows('SELECT pending FROM participants WHERE user_id = $1 AND pending', ana),
  ).toEqual([]);
  expect(await room.rows('SELECT FROM deliveries WHERE user_id = $1', ana)).toEqual([]);
});

test('a deleted account cannot be added to a group or to a new conversation', async () => {
  const [ana, ben] = await room.users('ana-2', 'ben-2');
  await requestDeletion(ana, false);
  await finishDeletion(deps(), ana);
  const { id } = await createGroup(room, ben, 'Choir', []);
  const missing = { name: 'NotFoundError' };
  await expect(createDirect(room, ben, ana)).rejects.toMatchObject(missing);
  await expect(createGroup(room, ben, 'Two', [ana])).rejects.toMatchObject(missing);
  await expect(addParticipant(room, ben, id, ana, 'member')).rejects.toMatchObject(missing);
});

test('[D7] [D8] all messages of a deleted account become tombstones when erasing is resumed after an interruption at every step', async () => {
  const [ana, ben, cleo] = await room.users('ana-3', 'ben-3', 'cleo-3');
  const { id: direct } = (await createDirect(room, ana, ben)).conversation;
  const { id: group } = await createGroup(room, ben, 'Choir', [ana, cleo]);
  const { id: left } = await createGroup(room, ben, 'Before', [ana]);
  for (let n = 0; n < 130; n += 1) await room.send(group, n % 5 === 4 ? ben : ana, `text ${n}`);
  await room.send(left, ana, 'before leaving');
  await removeParticipant(room, ana, left, ana);
  await room.send(direct, ana, 'to ben');
  const { cursor } = await sync(cleo);
  await requestDeletion(ana, true);
  room.announce.take();

  let cuts = 0;
  for (let checks = 0; !(await finishDeletion(deps(checks % 4), ana)); checks += 1) cuts += 1;
  expect(cuts).toBeGreaterThan(4);

  const texts = await room.rows(
    `SELECT sender_id, count(*)::int, count(content_encrypted)::int, count(deleted_at)::int FROM messages
     WHERE kind = 'message' AND conversation_id = ANY ($1::uuid[]) GROUP BY sender_id ORDER BY 2`,
    [direct, group, left],
  );
  expect(texts).toEqual([
    [ben, 26, 26, 0],
    [ana, 106, 0, 106],
  ]);
  expect((await readConversation(room, cleo, group)).my.unread_count).toBe(26);
  expect(recounted).toContain(group);

  // Each tombstone was announced once, and a device that was offline finds all of them by paging through sync.
  const updates = room.announce
    .take()
    .flatMap((one) => (one.to === 'members' && one.event === 'chat:message_updated' ? [one] : []));
  expect(updates).toHaveLength(106);
  const found = new Map<string, string | null>();
  let page = await sync(cleo, cursor);
  for (;;) {
    for (const { id, kind, content_encrypted } of page.messages) {
      if (kind === 'message') found.set(id, content_encrypted);
    }
    if (!page.has_more) break;
    page = await sync(cleo, page.cursor);
  }
  expect([...found.values()].filter((content) => content === null)).toHaveLength(104);
});

test('two processes can finish the same deletion concurrently', async () => {
  const [ana, ben] = await room.users('ana-4', 'ben-4');
  const groups = await Promise.all(
    ['one', 'two', 'three'].map((title) => createGroup(room, ben, title, [ana])),
  );
  for (const { id } of groups) for (let n = 0; n < 5; n += 1) await room.send(id, ana);
  await requestDeletion(ana, true);
  const there = { ...deps(), db: room.otherNode() };
  await Promise.all([finishDeletion(deps(), ana), finishDeletion(there, ana)]);
  for (const { id } of groups) {
    const history = await historyOf(ben, id);
    expect(history.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(history.filter(({ deleted_at }) => deleted_at !== null)).toHaveLength(5);
    const versions = history.map(({ version }) => version);
    expect(new Set(versions).size).toBe(versions.length);
  }
});
