import { until } from '@chasqui/testkit';
import {
  openDeliveryNode,
  sendRequest,
  type DeliveryNode,
  type NodeDevice,
} from '../../testing/coreNode';
import { openDeliveryRoom, type DeliveryRoom } from '../../testing/coreRoom';
import type { Follows } from './followed';
import type { ResumePoint } from './resumePoint';

let room: DeliveryRoom;
let node: DeliveryNode;
let ana: string;
let ben: string;
beforeAll(async () => {
  room = await openDeliveryRoom();
  node = openDeliveryNode(room.db);
});
afterAll(async () => {
  await node.stop();
  await room.close();
});
let round = 0;
beforeEach(async () => {
  round += 1;
  [ana, ben] = await room.users(`ana${round}`, `ben${round}`);
});

const group = async (title: string): Promise<string> =>
  (await node.core.conversations.createGroup(ana, title, [ben])).id;

async function send(to: string, count = 1): Promise<void> {
  for (let i = 0; i < count; i += 1) await node.core.messages.send(sendRequest(to, ana));
}

async function sync(cursor?: string): Promise<string> {
  const page = { limit: 100, ...(cursor === undefined ? {} : { cursor }) };
  const answer = await node.core.sync.readChanges(ben, page);
  return answer.has_more ? sync(answer.cursor) : answer.cursor;
}

async function connect(resume?: ResumePoint, follows: Follows = 'all'): Promise<NodeDevice> {
  const device = await node.connect(ben, {
    deviceId: 'stream',
    follows,
    ...(resume === undefined ? {} : { resume }),
  });
  await until(
    'the backlog is sent',
    () => device.transport.payloads('chat:queue_empty').length > 0,
  );
  device.live.close();
  return device;
}

const at = (cursor: string, seqs: Record<string, number> = {}): ResumePoint => ({
  cursor,
  seqs: new Map(Object.entries(seqs)),
});

test('[D4] a client resumes after its cursor and its seqs, whatever the device has acknowledged', async () => {
  const [one, two, three] = [await group('One'), await group('Two'), await group('Three')];
  await send(one, 2);
  const cursor = await sync();
  await send(one, 2);
  await send(two, 3);
  const first = await connect(at(cursor, { [one]: 5 }));
  expect([first.transport.seqs(one), first.transport.seqs(two)]).toEqual([[], [2, 3, 4]]);
  expect(first.transport.seqs(three)).toEqual([]);
  // An older point of the same device, such as that of a second tab, is served all the same.
  const second = await connect(at(cursor, { [two]: 2 }));
  expect([second.transport.seqs(one), second.transport.seqs(two)]).toEqual([
    [4, 5],
    [3, 4],
  ]);
});

test('[D6] resuming acknowledges what the client has received, and nothing else', async () => {
  const [one, two] = [await group('One'), await group('Two')];
  await send(one, 3);
  await connect();
  const cursor = await sync();
  await send(one, 1);
  await send(two, 3);
  await connect(at(cursor, { [two]: 3 }));
  // Without a resume point the position of the device counts.
  const device = await connect();
  expect([device.transport.seqs(one), device.transport.seqs(two)]).toEqual([[5], [4]]);
  const { items } = await node.core.conversations.list(ben, { limit: 10 });
  const delivered = new Map(items.map(({ id, my }) => [id, my.delivered_seq]));
  expect([delivered.get(one), delivered.get(two)]).toEqual([4, 3]);
});

test('[D6] resuming acknowledges only conversations that the connection follows', async () => {
  const [one, two] = [await group('One'), await group('Two')];
  await send(one);
  await send(two);
  const cursor = await sync();
  await connect(at(cursor), [one]);
  const device = await connect();
  expect([device.transport.seqs(one), device.transport.seqs(two)]).toEqual([[], [1, 2]]);
});

test('[D9] a client that left and joined again since its cursor resumes at the new membership', async () => {
  const id = await group('One');
  await send(id, 2);
  const cursor = await sync();
  await send(id, 1);
  await node.core.members.remove(ana, id, ben);
  await send(id, 2);
  await node.core.members.add(ana, id, ben, 'member');
  await send(id, 1);
  const device = await connect(at(cursor, { [id]: 3 }));
  expect(device.transport.seqs(id)).toEqual([8, 9]);
});

test('a cursor of another user, and one ahead of the database, are refused', async () => {
  const cursor = await sync();
  await expect(node.connect(ana, { resume: at(cursor) })).rejects.toMatchObject({
    name: 'ValidationError',
  });
  await send(await group('One'));
  const later = await sync(await sync());
  const [row] = await room.rows('SELECT last_value FROM change_pos');
  await room.rows(`SELECT setval('change_pos', 1)`);
  await expect(node.connect(ben, { resume: at(later) })).rejects.toMatchObject({
    name: 'ValidationError',
  });
  await room.rows(`SELECT setval('change_pos', $1::bigint)`, row?.[0]);
});

test('a cursor covers what came before it in conversations that changed after it', async () => {
  const [one, two] = [await group('One'), await group('Two')];
  await send(one, 2);
  const cursor = await sync();
  await send(one, 2);
  const covered = await node.core.sync.coveredBy(ben, cursor);
  expect(covered.get(one)).toBe(3);
  expect(covered.has(two)).toBe(false);
});

test('[D4] an entry that arrives while a client resumes does not move it to the position of its device', async () => {
  const id = await group('One');
  await send(id, 3);
  const cursor = await sync();
  await send(id, 2);
  let located = (): void => undefined;
  const isLocated = new Promise<void>((resolve) => (located = resolve));
  const slow = openDeliveryNode({
    ...room.db,
    async query(name, text, values) {
      if (name === 'resumed_conversations') {
        await slow.core.messages.send(sendRequest(id, ana));
        await isLocated;
      }
      const rows = await room.db.query(name, text, values);
      if (name === 'device_positions') setImmediate(located);
      return rows;
    },
  });
  try {
    const device = await slow.connect(ben, {
      deviceId: 'stream',
      resume: at(cursor, { [id]: 5 }),
    });
    await until('the last one has arrived', () => device.transport.seqs(id).at(-1) === 7);
    expect(device.transport.seqs(id)).toEqual([6, 7]);
  } finally {
    await slow.stop();
  }
});
