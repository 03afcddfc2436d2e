import { randomUUID } from 'node:crypto';
import { conversationSchema } from '@chasqui/protocol';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { addParticipant } from '../members/addParticipant';
import { changeRole } from '../members/changeRole';
import { createDirect } from './createDirect';
import { readConversation } from './read/readConversation';
import { removeParticipant } from '../members/removeParticipant';
import { changeConversation } from './changeConversation';

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

test('two users share one direct conversation, regardless of which one creates it and how often', async () => {
  const { conversation, created } = await createDirect(room, ana, ben);
  expect(created).toBe(true);
  expect(conversationSchema.parse(conversation)).toEqual(conversation);
  expect(conversation).toMatchObject({
    type: 'direct',
    title: null,
    version: 1,
    last_seq: 0,
    participant_count: 2,
    last_message: null,
    my: { role: 'member', joined_seq: 1, delivered_seq: 0, read_seq: 0, unread_count: 0 },
  });
  expect(room.announce.take()).toEqual([
    { to: 'users', userIds: [ana], event: 'conversation:created', payload: conversation },
    { to: 'users', userIds: [ben], event: 'conversation:created', payload: conversation },
  ]);

  const again = await createDirect(room, ben, ana);
  expect(again).toEqual({ conversation, created: false });
  expect(room.announce.take()).toEqual([]);
});

test('[D3] the first entry of a direct conversation is its first message', async () => {
  const { conversation } = await createDirect(room, ana, cleo);
  expect(await room.send(conversation.id, cleo)).toBe(1);
  expect(await readConversation(room, ana, conversation.id)).toMatchObject({
    last_seq: 1,
    version: 2,
    last_message: { seq: 1, sender_id: cleo, status: 'sent' },
    my: { unread_count: 1 },
  });
});

test('concurrent calls on two nodes create one direct conversation', async () => {
  const [there, announce] = [room.otherNode(), room.announce];
  for (let round = 0; round < 20; round += 1) {
    const [dan, eve] = await room.users(`dan-${round}`, `eve-${round}`);
    const answers = await Promise.all([
      createDirect(room, dan, eve),
      createDirect({ db: there, announce }, eve, dan),
      createDirect({ db: there, announce }, dan, eve),
      createDirect(room, eve, dan),
    ]);
    expect(new Set(answers.map(({ conversation }) => conversation.id)).size).toBe(1);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(room.announce.take()).toHaveLength(2);
  }
});

test('a direct conversation with oneself or with an unknown user is refused', async () => {
  await expect(createDirect(room, ana, ana)).rejects.toMatchObject({ name: 'ValidationError' });
  await expect(createDirect(room, ana, randomUUID())).rejects.toMatchObject({
    name: 'NotFoundError',
  });
  expect(room.announce.take()).toEqual([]);
});

test('[D9] a direct conversation cannot be renamed or joined, and is not found by non-participants', async () => {
  const { conversation } = await createDirect(room, ana, ben);
  const attempts = (userId: string): Promise<unknown>[] => [
    changeConversation(room, userId, conversation.id, { title: 'Us' }),
    addParticipant(room, userId, conversation.id, cleo, 'member'),
    changeRole(room, userId, conversation.id, ben, 'admin'),
    removeParticipant(room, userId, conversation.id, ana),
  ];
  for (const attempt of attempts(ana)) {
    await expect(attempt).rejects.toMatchObject({ name: 'ForbiddenError' });
  }
  for (const attempt of attempts(cleo)) {
    await expect(attempt).rejects.toMatchObject({ name: 'NotFoundError', message: 'not found' });
  }
  await expect(readConversation(room, cleo, conversation.id)).rejects.toMatchObject({
    name: 'NotFoundError',
  });
});
