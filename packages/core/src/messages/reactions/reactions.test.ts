import { openDeliveryRoom, type DeliveryRoom } from '../../testing/coreRoom';
import { randomUUID } from 'node:crypto';
import { QueryTypes } from 'sequelize';
import { appendBatch } from '../../send/appendBatch';
import { createGroup } from '../../conversations/group/createGroup';
import { addReaction, removeReaction } from './reactions';
import { readHistory } from '../readMessages';

let room: DeliveryRoom;
beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());

const EMOJI = [...'😀😁😂😃😄😅😆😇😈😉😊😋😌😍😎😏😐😑😒😓😔😕😖😗😘'];

/** A group of ten with one message. */
async function groupWithMessage(name: string) {
  const users = await room.users(...Array.from({ length: 10 }, (_, i) => `${name}-${i}`));
  const [ana = '', ...others] = users;
  const { id: conversationId } = await createGroup(room, ana, name, others);
  const id = randomUUID();
  const request = {
    ...{ conversationId, senderId: ana, contentEncrypted: 'hello', clientMessageId: null },
    ...{ messageType: 'text' as const, replyToId: null },
  };
  await appendBatch(room.db, [{ id, request }], true);
  const react = (userId: string, emoji: string | undefined) =>
    addReaction(room, userId, id, emoji ?? '');
  const shown = async () => {
    const { messages } = await readHistory(room.db, ana, conversationId, { limit: 1 });
    return messages[0]?.reactions;
  };
  const stored = (reactions: object[]) =>
    room.db.sequelize.query('UPDATE messages SET reactions = $1 WHERE id = $2', {
      bind: [JSON.stringify(reactions), id],
      type: QueryTypes.UPDATE,
    });
  return { id, users, ana, react, shown, stored };
}

const refused = { name: 'ValidationError', status: 400, details: [{ path: 'emoji' }] };

test('a user has at most 10 reactions on a message and can replace one', async () => {
  const { id, ana, react } = await groupWithMessage('of-one');
  const all = await Promise.allSettled(EMOJI.slice(0, 15).map((emoji) => react(ana, emoji)));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  await expect(react(ana, EMOJI[20])).rejects.toMatchObject(refused);
  const first = all.findIndex(({ status }) => status === 'fulfilled');
  expect(await react(ana, EMOJI[first])).toMatchObject({ repeated: true });
  await removeReaction(room, ana, id, EMOJI[first] ?? '');
  expect(await react(ana, EMOJI[20])).toMatchObject({ repeated: false });
});

test('a message has at most 20 different reactions, even when many are added concurrently', async () => {
  const { users, react, shown } = await groupWithMessage('kinds');
  const asked = EMOJI.map((emoji, i) => react(users[i % users.length] ?? '', emoji));
  const outcomes = await Promise.allSettled(asked);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
  const kinds = (await shown())?.map(({ emoji }) => emoji) ?? [];
  expect(kinds).toHaveLength(20);
  const late = EMOJI.find((emoji) => !kinds.includes(emoji));
  await expect(react(users[0] ?? '', late)).rejects.toMatchObject(refused);
  // Adding an emoji that is already on the message does not count toward the limit.
  const theirs = (await shown())?.find(({ user_ids: ids }) => !ids.includes(users[0] ?? ''));
  expect(await react(users[0] ?? '', theirs?.emoji)).toMatchObject({ repeated: false });
});

test('two spellings of one emoji in a row of an earlier release are one reaction', async () => {
  const { id, users, react, shown, stored } = await groupWithMessage('spellings');
  const [ana = '', ben = '', cleo = ''] = users;
  await stored([
    { emoji: '❤', user_ids: [ana, ben] },
    { emoji: '❤️', user_ids: [cleo, ana] },
  ]);
  expect(await shown()).toEqual([{ emoji: '❤️', user_ids: [ana, ben, cleo] }]);
  expect(await react(ben, '❤️')).toMatchObject({ repeated: true });
  await removeReaction(room, ana, id, '❤');
  expect(await shown()).toEqual([{ emoji: '❤️', user_ids: [ben, cleo] }]);
});

test('a reaction of an earlier release that is no emoji is shown and can be removed', async () => {
  const { id, ana, shown, stored } = await groupWithMessage('texts');
  const texts = ['..', '.', '/', ':llama:', '__proto__'];
  await stored(texts.map((emoji) => ({ emoji, user_ids: [ana] })));
  expect((await shown())?.map(({ emoji }) => emoji)).toEqual(texts);
  for (const text of texts) await removeReaction(room, ana, id, text);
  expect(await shown()).toEqual([]);
});

test('a row of an earlier release above the limits accepts no more reactions, but its reactions can be removed', async () => {
  const { id, ana, react, shown, stored } = await groupWithMessage('above');
  await stored(Array.from({ length: 100 }, (_, i) => ({ emoji: `:${i}:`, user_ids: [ana] })));
  await expect(react(ana, '👍')).rejects.toMatchObject(refused);
  await removeReaction(room, ana, id, ':7:');
  expect(await shown()).toHaveLength(99);
});
