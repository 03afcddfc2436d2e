import { openDeliveryNode, sendRequest, type DeliveryNode } from '../testing/coreNode';
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

/** A group of the three with so many messages by Ana, after its first event. */
async function group(messages: number): Promise<string> {
  const { id } = await createGroup(room, ana, 'Group', [ben, cleo]);
  for (let i = 0; i < messages; i += 1) await room.send(id, ana);
  return id;
}

test('[D6] positions only rise, read implies delivered, and each device has its own', async () => {
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

test('[R7] REST moves the positions of the user and of no device', async () => {
  const conversationId = await group(3);
  await acknowledge({ conversationId, seq: 4, status: 'read', deviceNo: null });
  expect(await positions(conversationId)).toEqual({ delivered: 4, read: 4, acked: 0, cursors: {} });
});

test('acknowledgements of one moment share a statement; a second device takes a second one', async () => {
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

test('beyond the last entry is a ValidationError, for a stranger a 404, and neither fails its neighbours', async () => {
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

test('[D6] per author the furthest message that is newly covered, events and own ones left out', async () => {
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

test('[D6] never goes back, whatever comes at once from two nodes', async () => {
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

describe('[R7] when a message was got', () => {
  /** Lets time pass for what is written in the rows. */
  const age = (conversationId: string, seconds: number): Promise<unknown> =>
    room.rows(
      `WITH log AS (UPDATE watermark_log SET at = at - $2 * interval '1 second' WHERE conversation_id = $1)
       UPDATE participants SET delivered_at = delivered_at - $2 * interval '1 second',
         read_at = read_at - $2 * interval '1 second' WHERE conversation_id = $1`,
      conversationId,
      seconds,
    );
  const logged = async (conversationId: string): Promise<unknown[][]> =>
    room.rows(
      'SELECT kind, seq::integer FROM watermark_log WHERE conversation_id = $1 ORDER BY kind, seq',
      conversationId,
    );

  test('the log grows by one row a second at most, and answers to a second', async () => {
    const conversationId = await group(20);
    // Long before anything was got.
    await room.rows(
      `UPDATE messages SET created_at = created_at - interval '1 hour' WHERE conversation_id = $1`,
      conversationId,
    );
    const began = performance.now();
    await acknowledge({ conversationId, seq: 2 });
    // However long the rest takes, it is within the same second.
    await age(conversationId, -20);
    for (let seq = 3; seq <= 10; seq += 1) await acknowledge({ conversationId, seq });
    expect(await logged(conversationId)).toEqual([]);
    await age(conversationId, 120);
    await acknowledge({ conversationId, seq: 11, status: 'read' });
    await age(conversationId, -20);
    for (let seq = 12; seq <= 15; seq += 1)
      await acknowledge({ conversationId, seq, status: 'read' });
    expect(await logged(conversationId)).toEqual([['delivered', 10]]);
    await age(conversationId, 120);
    await acknowledge({ conversationId, seq: 20, status: 'read' });
    expect(await logged(conversationId)).toEqual([
      ['delivered', 10],
      ['delivered', 15],
      ['read', 15],
    ]);

    const ids = await room.rows(
      'SELECT id FROM messages WHERE conversation_id = $1 ORDER BY seq',
      conversationId,
    );
    const ago = async (seq: number): Promise<(number | null)[]> => {
      const { statuses } = await node.core.receipts.readStatus(ana, String(ids[seq - 1]?.[0]), {
        limit: 10,
      });
      const mine = statuses.find(({ user_id }) => user_id === ben);
      const seconds = (time: string | null = null): number | null =>
        time === null ? null : Math.round((Date.now() - Date.parse(time)) / 100) / 10;
      return [seconds(mine?.delivered_at), seconds(mine?.read_at)];
    };
    const within = (actual: (number | null)[], wanted: (number | null)[]): void => {
      actual.forEach((one, i) => {
        const want = wanted[i] ?? null;
        if (want === null) expect(one).toBeNull();
        else {
          expect(one).toBeGreaterThan(want - 1.5);
          expect(one).toBeLessThan(want + 1.5 + (performance.now() - began) / 1_000);
        }
      });
    };
    within(await ago(2), [200, 100]);
    within(await ago(10), [200, 100]);
    within(await ago(11), [100, 100]);
    within(await ago(15), [100, 100]);
    within(await ago(16), [0, 0]);
    within(await ago(21), [null, null]);
  });

  test('counts and pages of statuses', async () => {
    const conversationId = await group(1);
    const { message } = await node.core.messages.send(sendRequest(conversationId, ana));
    await acknowledge({ conversationId, seq: 3, status: 'read' });
    const first = await node.core.receipts.readStatus(ana, message.id, { limit: 1 });
    expect(first).toMatchObject({ recipient_count: 2, delivered_count: 1, read_count: 1 });
    const rest = await node.core.receipts.readStatus(cleo, message.id, {
      limit: 1,
      cursor: first.next_cursor ?? '',
    });
    const all = [...first.statuses, ...rest.statuses].map(({ user_id, status }) => [
      user_id,
      status,
    ]);
    expect(new Map(all as [string, string][])).toEqual(
      new Map([
        [ben, 'read'],
        [cleo, 'sent'],
      ]),
    );
    expect(rest.next_cursor).toBeNull();
  });
});

test('[D12] acknowledging in a large group reads what is newly covered, not all that is unread', async () => {
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
