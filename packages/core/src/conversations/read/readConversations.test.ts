import { randomUUID } from 'node:crypto';
import { conversationSchema } from '@chasqui/protocol';
import { openDeliveryRoom, type DeliveryRoom } from '../../testing/coreRoom';
import { createDirect } from '../createDirect';
import { createGroup } from '../group/createGroup';
import { readConversation } from './readConversation';
import { readConversations } from './readConversations';
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
  ({ id } = await createGroup(room, ana, 'Choir', [ben, cleo]));
});

test('[D8] the unread count includes messages by others after the position of the viewer, but no events or tombstones', async () => {
  const read = await room.send(id, ana);
  await room.acknowledge(id, ben, read, 'read');
  await room.send(id, ben);
  const gone = await room.send(id, ana);
  await room.send(id, cleo);
  await room.acknowledge(id, ben, await room.send(id, ana), 'delivered');
  await changeConversation(room, ana, id, { title: 'Band' });
  await room.rows(
    'UPDATE messages SET deleted_at = now(), content_encrypted = NULL WHERE conversation_id = $1 AND seq = $2',
    id,
    gone,
  );
  expect((await readConversation(room, ben, id)).my).toEqual({
    role: 'member',
    joined_seq: 1,
    delivered_seq: 5 + 1,
    read_seq: read,
    unread_count: 2,
  });
  expect((await readConversation(room, ana, id)).my.unread_count).toBe(2);
  expect((await readConversation(room, cleo, id)).my.unread_count).toBe(3);
});

test('the last message is the newest message or tombstone, even if events follow it', async () => {
  const seq = await room.send(id, ana, 'last');
  for (const title of ['A', 'B', 'C']) await changeConversation(room, ana, id, { title: title });
  await room.rows(
    'UPDATE messages SET deleted_at = now(), content_encrypted = NULL WHERE conversation_id = $1 AND seq = $2',
    id,
    seq,
  );
  expect(await readConversation(room, ben, id)).toMatchObject({
    last_seq: 5,
    last_message: { seq, kind: 'message', content_encrypted: null },
  });
});

test('[D6] the status of the last message is the lowest among its recipients, for every viewer', async () => {
  const statuses = async (): Promise<unknown[]> =>
    Promise.all(
      [ana, ben, cleo].map(
        async (who) => (await readConversation(room, who, id)).last_message?.status,
      ),
    );
  const seq = await room.send(id, ana);
  expect(await statuses()).toEqual(['sent', 'sent', 'sent']);
  await room.acknowledge(id, ben, seq, 'read');
  expect(await statuses()).toEqual(['sent', 'sent', 'sent']);
  await room.acknowledge(id, cleo, seq, 'delivered');
  expect(await statuses()).toEqual(['delivered', 'delivered', 'delivered']);
  await room.acknowledge(id, cleo, seq, 'read');
  expect(await statuses()).toEqual(['read', 'read', 'read']);
});

test('[D9] conversations are returned in the requested order, without those of other users', async () => {
  const { conversation } = await createDirect(room, ana, ben);
  const theirs = await createGroup(room, ben, 'Not for Ana', [cleo]);
  const ids = [conversation.id, theirs.id, randomUUID(), id];
  const found = await readConversations(room.db, ana, ids, { preview: true });
  expect(found.map((one) => one.id)).toEqual([conversation.id, id]);
  for (const one of found) expect(conversationSchema.parse(one)).toEqual(one);
  expect(await readConversations(room.db, ana, [], { preview: true })).toEqual([]);
});

test('[D12] reading any number of conversations takes two queries', async () => {
  const ids = [id];
  for (let i = 0; i < 30; i += 1) ids.push((await createGroup(room, ana, `G${i}`, [ben])).id);
  const asked: string[] = [];
  const counting: typeof room.db = {
    ...room.db,
    query: (name, text, values) => {
      asked.push(name);
      return room.db.query(name, text, values);
    },
  };
  expect(await readConversations(counting, ana, ids, { preview: true })).toHaveLength(31);
  expect(asked).toEqual(['conversations_of', 'first_participants']);
});

test('a preview contains the first five participants, a full conversation the first hundred', async () => {
  const many = await room.users(...Array.from({ length: 120 }, (_, i) => `singer-${i}`));
  const group = await createGroup(room, ana, 'Choir', many);
  const [preview] = await readConversations(room.db, ana, [group.id], { preview: true });
  const whole = await readConversation(room, ana, group.id);
  expect(whole.participants).toHaveLength(100);
  expect(whole.participant_count).toBe(121);
  expect(preview?.participants).toEqual(whole.participants.slice(0, 5));
});
