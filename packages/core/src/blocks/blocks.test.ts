import { randomUUID } from 'node:crypto';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { appendBatch } from '../send/appendBatch';
import { addParticipant } from '../members/addParticipant';
import { createDirect } from '../conversations/createDirect';
import { createGroup } from '../conversations/group/createGroup';
import { presenceAudience } from '../members/presence/presenceAudience';
import { sharesConversation } from '../members/presence/sharesConversation';
import { deleteMessage } from '../messages/deleteMessage';
import { editMessage } from '../messages/editMessage';
import { addReaction, removeReaction } from '../messages/reactions/reactions';
import { readHistory } from '../messages/readMessages';
import { blockUser, unblockUser } from './blockUser';
import { listBlocks } from './listBlocks';

let room: DeliveryRoom;
beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());

const forbidden = { name: 'ForbiddenError', details: { reason: 'blocked' } };

/** Two users with a direct conversation, and a send that returns its outcome. */
async function pair(name: string) {
  const [ana, ben] = await room.users(`ana-${name}`, `ben-${name}`);
  const { id } = (await createDirect(room, ana, ben)).conversation;
  const send = async (
    senderId: string,
    clientMessageId: string | null = null,
    content = 'hello',
  ) => {
    const request = {
      ...{ conversationId: id, senderId, contentEncrypted: content, clientMessageId },
      ...{ messageType: 'text' as const, replyToId: null },
    };
    const result = await appendBatch(room.db, [{ id: randomUUID(), request }], true);
    return result.outcomes[0]?.outcome;
  };
  return { ana, ben, id, send };
}

test('a block by either user stops messages in both directions, and both see the same error', async () => {
  const { ana, ben, id, send } = await pair('1');
  expect(await send(ana, 'first')).toBe('new');
  expect(await blockUser(room, ana, ben)).toEqual({ changed: true });
  expect(await blockUser(room, ana, ben)).toEqual({ changed: false });
  expect([await send(ana), await send(ben)]).toEqual(['blocked', 'blocked']);

  await blockUser(room, ben, ana);
  await unblockUser(room, ana, ben);
  expect([await send(ana), await send(ben)]).toEqual(['blocked', 'blocked']);
  await unblockUser(room, ben, ana);
  expect(await unblockUser(room, ben, ana)).toEqual({ changed: false });
  expect([await send(ana), await send(ben)]).toEqual(['new', 'new']);
  // Refused sends used no seq (D3).
  const { messages } = await readHistory(room.db, ana, id, { limit: 10 });
  expect(messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

test('[D2] repeating a send acknowledged before the block succeeds, and different content is a conflict', async () => {
  const { ana, ben, send } = await pair('2');
  expect(await send(ana, 'first')).toBe('new');
  await blockUser(room, ben, ana);
  expect(await send(ana, 'first')).toBe('repeat');
  expect(await send(ana, 'first', 'another')).toBe('conflict');
});

test('[D1] each send that races with a block is stored or refused, and none is stored after the block', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { ana, ben, id, send } = await pair(`race-${round}`);
    const sends = Array.from({ length: 12 }, () => send(ben));
    const blocked = blockUser(room, ana, ben);
    const outcomes = await Promise.all(sends);
    await blocked;
    expect(await send(ben)).toBe('blocked');
    const stored = outcomes.filter((outcome) => outcome === 'new').length;
    expect(outcomes.filter((outcome) => outcome === 'blocked')).toHaveLength(12 - stored);
    const { messages } = await readHistory(room.db, ana, id, { limit: 100 });
    expect(messages).toHaveLength(stored);
  }
});

test('a block refuses a new direct conversation, returns an existing one and bars one created concurrently', async () => {
  const [ana, ben] = await room.users('ana-new', 'ben-new');
  await blockUser(room, ben, ana);
  for (const [one, other] of [
    [ana, ben],
    [ben, ana],
  ] as const) {
    await expect(createDirect(room, one, other)).rejects.toMatchObject(forbidden);
  }
  const known = await pair('known');
  await blockUser(room, known.ben, known.ana);
  expect((await createDirect(room, known.ana, known.ben)).conversation.id).toBe(known.id);

  const there = { db: room.otherNode(), announce: room.announce };
  for (let round = 0; round < 20; round += 1) {
    const [dan, eve] = await room.users(`dan-b${round}`, `eve-b${round}`);
    const [made] = await Promise.allSettled([
      createDirect(room, dan, eve),
      blockUser(there, eve, dan),
    ]);
    if (made.status === 'rejected') expect(made.reason).toMatchObject(forbidden);
    else {
      const { id } = made.value.conversation;
      expect(await room.rows('SELECT barred FROM conversations WHERE id = $1', id)).toEqual([
        ['blocked'],
      ]);
    }
  }
});

test('after a block, earlier messages can be read and deleted but not edited or reacted to', async () => {
  const { ana, ben, id } = await pair('old');
  await room.send(id, ana, 'one');
  const [message] = (await readHistory(room.db, ben, id, { limit: 1 })).messages;
  const messageId = message?.id ?? '';
  await addReaction(room, ben, messageId, '👍');
  await blockUser(room, ben, ana);
  await expect(editMessage(room, ana, messageId, 'two')).rejects.toMatchObject(forbidden);
  await expect(addReaction(room, ana, messageId, '🎉')).rejects.toMatchObject(forbidden);
  await removeReaction(room, ben, messageId, '👍');
  await deleteMessage(room, ana, messageId);
  const { messages } = await readHistory(room.db, ben, id, { limit: 10 });
  expect(messages).toMatchObject([{ content_encrypted: null, reactions: [] }]);
});

test('[D10] after a block neither user sees the presence of the other, even in shared groups', async () => {
  const { ana, ben } = await pair('presence');
  const [cleo] = await room.users('cleo-presence');
  await createGroup(room, cleo, 'Choir', [ana, ben]);
  await blockUser(room, ana, ben);
  expect(await presenceAudience(room, ana)).toEqual([cleo]);
  expect(await presenceAudience(room, ben)).toEqual([cleo]);
  expect(await sharesConversation(room, ana, [ana, ben, cleo])).toEqual(new Set([ana, cleo]));
  expect(await sharesConversation(room, ben, [ana])).toEqual(new Set());
  await unblockUser(room, ana, ben);
  expect((await presenceAudience(room, ben)).sort()).toEqual([ana, cleo].sort());
});

test('shared groups keep working, but a blocked user cannot add the blocker to a group', async () => {
  const { ana, ben } = await pair('groups');
  const [cleo] = await room.users('cleo-groups');
  const { id } = await createGroup(room, cleo, 'Choir', [ana, ben]);
  await blockUser(room, ana, ben);
  expect([await room.send(id, ana), await room.send(id, ben)]).toEqual([2, 3]);
  await expect(createGroup(room, ben, 'Two', [cleo, ana])).rejects.toMatchObject(forbidden);
  const { id: own } = await createGroup(room, ben, 'Two', [cleo]);
  await expect(addParticipant(room, ben, own, ana, 'member')).rejects.toMatchObject(forbidden);
});

test('a user lists their own blocks, latest first and in pages', async () => {
  const [ana, ...others] = await room.users('ana-list', 'x1', 'x2', 'x3', 'x4', 'x5');
  for (const other of others) await blockUser(room, ana, other);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listBlocks(room, ana, { limit: 2, cursor });
    seen.push(...page.items.map(({ user_id }) => user_id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(new Set(seen)).toEqual(new Set(others));
  expect(seen).toHaveLength(5);
  expect(await listBlocks(room, others[0], { limit: 50 })).toEqual({ items: [], nextCursor: null });
  await expect(blockUser(room, ana, ana)).rejects.toMatchObject({ name: 'ValidationError' });
  await expect(blockUser(room, ana, randomUUID())).rejects.toMatchObject({ name: 'NotFoundError' });
});
