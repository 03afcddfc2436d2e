import { openDeliveryNode, type DeliveryNode } from '../testing/coreNode';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { createWatermarks, type Acknowledgement, type Advance } from './watermarks';
import { createDirect } from '../conversations/createDirect';
import { createGroup } from '../conversations/group/createGroup';

let room: DeliveryRoom;
let node: DeliveryNode;
let ana: string;
let ben: string;
let cleo: string;
let advances: Advance[];
let statements: number;
let acknowledge: (one: Partial<Acknowledgement>) => Promise<void>;
beforeAll(async () => {
  room = await openDeliveryRoom();
  node = openDeliveryNode(room.db);
  [ana, ben, cleo] = await room.users('ana', 'ben', 'cleo');
});
afterAll(async () => {
  await node.stop();
  await room.close();
});
beforeEach(() => {
  advances = [];
  statements = 0;
  const counted = {
    ...room.db,
    query: (...args: Parameters<typeof room.db.query>) => {
      statements += 1;
      return room.db.query(...args);
    },
  };
  const watermarks = createWatermarks({
    db: counted,
    onAdvanced: (all) => void advances.push(...all),
  });
  acknowledge = (one) =>
    watermarks.acknowledge({
      userId: ben,
      deviceNo: 1,
      conversationId: '',
      seq: 0,
      status: 'delivered',
      ...one,
    });
});

interface Positions {
  delivered: number;
  read: number;
  acked: number;
  cursors: Record<string, number>;
}

async function positions(conversationId: string, userId = ben): Promise<Positions> {
  const [row] = await room.rows(
    `SELECT delivered_seq::float8, read_seq::float8, acked_seq::float8, cursors FROM participants
     WHERE conversation_id = $1 AND user_id = $2`,
    conversationId,
    userId,
  );
  const [delivered, read, acked, cursors] = row as [number, number, number, Record<string, number>];
  return { delivered, read, acked, cursors };
}

/** A group of the three users with an event and this many messages by Ana. */
async function group(messages: number): Promise<string> {
  const { id } = await createGroup(room, ana, 'Group', [ben, cleo]);
  for (let i = 0; i < messages; i += 1) await room.send(id, ana);
  return id;
}

test('[D6] positions only rise, read implies delivered, and each device has a cursor', async () => {
  const conversationId = await group(5);
  await acknowledge({ conversationId, seq: 3 });
  expect(await positions(conversationId)).toEqual({
    delivered: 3,
    read: 0,
    acked: 3,
    cursors: { 1: 3 },
  });
  await acknowledge({ conversationId, seq: 4, status: 'read', deviceNo: 2 });
  await acknowledge({ conversationId, seq: 2, status: 'read' });
  await acknowledge({ conversationId, seq: 1 });
  expect(await positions(conversationId)).toEqual({
    delivered: 4,
    read: 4,
    acked: 4,
    cursors: { 1: 3, 2: 4 },
  });
  expect(advances.map(({ readMoved, readSeq }) => [readMoved, readSeq])).toEqual([
    [false, 0],
    [true, 4],
    [false, 4],
    [false, 4],
  ]);
});

test('[R7] an acknowledgement by REST moves the user and no device', async () => {
  const conversationId = await group(3);
  await acknowledge({ conversationId, seq: 4, status: 'read', deviceNo: null });
  expect(await positions(conversationId)).toEqual({ delivered: 4, read: 4, acked: 0, cursors: {} });
});

test('[R7] concurrent acknowledgements share a statement; a second device takes another one', async () => {
  const [one, two] = [await group(6), await group(6)];
  const before = statements;
  await Promise.all([
    ...[2, 5, 3].map((seq) => acknowledge({ conversationId: one, seq })),
    acknowledge({ conversationId: one, seq: 6, deviceNo: 2 }),
    acknowledge({ conversationId: one, seq: 4, deviceNo: 2, status: 'read' }),
    acknowledge({ conversationId: one, seq: 7, userId: cleo }),
    acknowledge({ conversationId: two, seq: 4 }),
  ]);
  expect(statements - before).toBe(2);
  expect(await positions(one)).toEqual({
    delivered: 6,
    read: 4,
    acked: 6,
    cursors: { 1: 5, 2: 6 },
  });
  expect(await positions(one, cleo)).toMatchObject({ delivered: 7, cursors: { 1: 7 } });
  expect(await positions(two)).toMatchObject({ delivered: 4 });
});

test('a seq beyond the last entry and a non-participant fail without failing other acknowledgements', async () => {
  const conversationId = await group(2);
  const { conversation } = await createDirect(room, ana, cleo);
  const outcomes = await Promise.allSettled([
    acknowledge({ conversationId, seq: 4 }),
    acknowledge({ conversationId, seq: 3 }),
    acknowledge({ conversationId: conversation.id, seq: 0 }),
    acknowledge({ conversationId: crypto.randomUUID(), seq: 0 }),
    acknowledge({ conversationId: 'no id at all', seq: 1 }),
    acknowledge({ conversationId, seq: 3, userId: cleo }),
  ]);
  expect(
    outcomes.map((one) => (one.status === 'rejected' ? (one.reason as Error).name : 'ok')),
  ).toEqual(['ValidationError', 'ok', 'NotFoundError', 'NotFoundError', expect.any(String), 'ok']);
  expect(outcomes[4]?.status).toBe('rejected');
  expect(await positions(conversationId)).toMatchObject({ delivered: 3, cursors: { 1: 3 } });
});

test('[D6] an advance reports the newest covered message of each author, without events and own messages', async () => {
  const conversationId = await group(1);
  await room.send(conversationId, ben);
  const cleos = await room.send(conversationId, cleo);
  const anas = await room.send(conversationId, ana);
  await room.send(conversationId, ben);
  await acknowledge({ conversationId, seq: 6, status: 'read' });
  const covered = (advances[0]?.covered ?? []).map(({ status, authorId, seq }) => [
    status,
    authorId,
    seq,
  ]);
  expect(covered).toHaveLength(4);
  expect(covered).toEqual(
    expect.arrayContaining([
      ['delivered', cleo, cleos],
      ['delivered', ana, anas],
      ['read', cleo, cleos],
      ['read', ana, anas],
    ]),
  );
  await acknowledge({ conversationId, seq: 6, status: 'read' });
  expect(advances[1]?.covered).toEqual([]);
});

test('[D6] positions never go back under concurrent acknowledgements from two nodes', async () => {
  const conversationId = await group(60);
  const other = createWatermarks({ db: room.otherNode(), onAdvanced: () => undefined });
  const seen: Positions[] = [];
  let done = false;
  const watching = (async () => {
    while (!done) seen.push(await positions(conversationId));
  })();
  await Promise.all(
    Array.from({ length: 120 }, (_, i) => {
      const one: Acknowledgement = {
        userId: ben,
        deviceNo: 1 + (i % 3),
        conversationId,
        seq: 1 + ((i * 37) % 61),
        status: i % 4 === 0 ? 'read' : 'delivered',
      };
      return i % 2 === 0 ? acknowledge(one) : other.acknowledge(one);
    }),
  );
  done = true;
  await watching;
  for (const [i, now] of seen.entries()) {
    const before = seen[i - 1] ?? now;
    expect(now.delivered).toBeGreaterThanOrEqual(before.delivered);
    expect(now.read).toBeGreaterThanOrEqual(before.read);
    expect(now.delivered).toBeGreaterThanOrEqual(now.read);
  }
});

test('[D12] an acknowledgement in a large group reads the newly covered entries, not all unread ones', async () => {
  const members = await room.users(...Array.from({ length: 101 }, (_, i) => `member${i}`));
  const { id } = await createGroup(room, ana, 'Large', members);
  const [reader = ''] = members;
  for (let i = 0; i < 50; i += 1) await room.send(id, ana);
  await acknowledge({ conversationId: id, userId: reader, seq: 50 });
  const authors = async (): Promise<unknown> => {
    const [row] = await room.rows(
      'SELECT open FROM participants WHERE conversation_id = $1 AND user_id = $2',
      id,
      ana,
    );
    return row?.[0];
  };
  await node.core.sync.readChanges(ana, { limit: 100 });
  expect(await authors()).toBe(false);
  // Nothing of hers is newly covered: the event is nobody's message, and 50 were covered before.
  await acknowledge({ conversationId: id, userId: reader, seq: 50 });
  expect(await authors()).toBe(false);
  await acknowledge({ conversationId: id, userId: reader, seq: 51 });
  expect(await authors()).toBe(true);
});
