import { createGroup } from '../conversations/group/createGroup';
import { openDeliveryNode, sendRequest, type DeliveryNode } from '../testing/coreNode';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { createWatermarks, type Acknowledgement } from './watermarks';

let room: DeliveryRoom;
let node: DeliveryNode;
let ana: string;
let ben: string;
let cleo: string;
beforeAll(async () => {
  room = await openDeliveryRoom();
  node = openDeliveryNode(room.db);
  [ana, ben, cleo] = await room.users('ana', 'ben', 'cleo');
});
afterAll(async () => {
  await node.stop();
  await room.close();
});

const acknowledge = (
  one: Pick<Acknowledgement, 'conversationId' | 'seq'> & Partial<Acknowledgement>,
) =>
  createWatermarks({ db: room.db, onAdvanced: () => undefined }).acknowledge({
    userId: ben,
    deviceNo: 1,
    status: 'delivered',
    ...one,
  });

/** A group of the three users with an event and this many messages by Ana. */
async function group(messages: number): Promise<string> {
  const { id } = await createGroup(room, ana, 'Group', [ben, cleo]);
  for (let i = 0; i < messages; i += 1) await room.send(id, ana);
  return id;
}

/** Moves the stored times back by so many seconds. */
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

test('[R7] watermark_log grows by at most one row a second, and status times are exact to a second', async () => {
  const conversationId = await group(20);
  // Long before anything was delivered.
  await room.rows(
    `UPDATE messages SET created_at = created_at - interval '1 hour' WHERE conversation_id = $1`,
    conversationId,
  );
  const began = performance.now();
  await acknowledge({ conversationId, seq: 2 });
  // Keeps the following acknowledgements within one second, however long they take.
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

test('[D6] a status page has the counts of all recipients and a cursor to the next page', async () => {
  const conversationId = await group(1);
  const { message } = await node.core.messages.send(sendRequest(conversationId, ana));
  await acknowledge({ conversationId, seq: 3, status: 'read' });
  const first = await node.core.receipts.readStatus(ana, message.id, { limit: 1 });
  expect(first).toMatchObject({ recipient_count: 2, delivered_count: 1, read_count: 1 });
  const rest = await node.core.receipts.readStatus(cleo, message.id, {
    limit: 1,
    cursor: first.next_cursor ?? '',
  });
  const all = [...first.statuses, ...rest.statuses].map(({ user_id, status }) => [user_id, status]);
  expect(new Map(all as [string, string][])).toEqual(
    new Map([
      [ben, 'read'],
      [cleo, 'sent'],
    ]),
  );
  expect(rest.next_cursor).toBeNull();
});
