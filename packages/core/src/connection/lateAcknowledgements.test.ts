import type { Database } from '@chasqui/db';
import { until } from '@chasqui/testkit';
import {
  type DeliveryNode,
  type NodeDevice,
  openDeliveryNode,
  sendRequest,
} from '../testing/coreNode';
import { type DeliveryRoom, openDeliveryRoom } from '../testing/coreRoom';

// PostgreSQL is there for everybody else: only these statements of this node get no answer.
let failing: readonly string[] = [];
let room: DeliveryRoom;
let node: DeliveryNode;
let ana: string;
let ben: string;
let phone: NodeDevice;
let conversationId: string;
let messageIds: string[];
let round = 0;

beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());
beforeEach(async () => {
  round += 1;
  failing = [];
  const db: Database = {
    ...room.db,
    query: (name, ...rest) =>
      failing.includes(name)
        ? Promise.reject(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
        : room.db.query(name, ...rest),
  };
  node = openDeliveryNode(db);
  [ana, ben] = await room.users(`ana${round}`, `ben${round}`);
  conversationId = (await node.core.conversations.createDirect(ana, ben)).conversation.id;
  phone = await node.connect(ben);
  messageIds = [];
  for (let i = 0; i < 3; i += 1) {
    const { message } = await node.core.messages.send(sendRequest(conversationId, ana));
    messageIds.push(message.id);
  }
  await until('they are sent', () => phone.transport.seqs().length === 3);
});
afterEach(() => node.stop());

async function delivered(): Promise<unknown> {
  const [row] = await room.rows(
    `SELECT delivered_seq::integer, read_seq::integer, acked_seq::integer FROM participants
     WHERE conversation_id = $1 AND user_id = $2`,
    conversationId,
    ben,
  );
  return row;
}
const isWaiting = async (): Promise<boolean> =>
  (await room.rows('SELECT FROM deliveries WHERE user_id = $1', ben)).length > 0;

test.each([
  ['a seq', () => ({ conversationId, seq: 3 })],
  ['a message id', () => ({ messageId: messageIds[2] ?? '' })],
])(
  '[D6, D11] an acknowledgement by %s that PostgreSQL did not answer is made good, and the recipient waits no more',
  async (_, target) => {
    failing = ['advance_watermarks', 'locate_message'];
    await expect(phone.live.acknowledge(target(), 'read')).rejects.toThrow('does not answer');
    const earlier = phone.live.acknowledge({ conversationId, seq: 1 }, 'read');
    await expect(earlier).rejects.toThrow('does not answer');
    expect([await delivered(), await isWaiting()]).toEqual([[0, 0, 0], true]);
    failing = [];
    await until('it counts', async () => String(await delivered()) === '3,3,3');
    await until('nobody waits', async () => !(await isWaiting()));
  },
);

test('[D4] with the connection it is forgotten: the device is sent it again', async () => {
  failing = ['advance_watermarks'];
  const target = { conversationId, seq: 3 };
  await expect(phone.live.acknowledge(target, 'delivered')).rejects.toThrow('does not answer');
  phone.live.close();
  failing = [];
  const again = await node.connect(ben);
  await until('the backlog is sent', () => again.transport.seqs().length === 3);
  expect(await delivered()).toEqual([0, 0, 0]);
});

test('[R6] marks that could not be settled are settled once PostgreSQL answers', async () => {
  failing = ['settle_pending'];
  await phone.live.acknowledge({ conversationId, seq: 3 }, 'delivered');
  await until('it was tried', () =>
    node.log.lines.some(({ message }) => message.includes('clearing pending marks')),
  );
  expect(await isWaiting()).toBe(true);
  failing = [];
  await until('nobody waits', async () => !(await isWaiting()));
});

test('[R4] the window moves on with the acknowledgement, and waits for no commit; what was not sent frees nothing', async () => {
  phone.live.close();
  await Promise.all(
    Array.from({ length: 1_200 }, () => node.core.messages.send(sendRequest(conversationId, ana))),
  );
  const laptop = await node.connect(ben);
  await until('the window is full', () => laptop.transport.seqs().length === 1_000);
  failing = ['advance_watermarks'];
  const acknowledge = (seq: number): Promise<void> =>
    laptop.live.acknowledge({ conversationId, seq }, 'delivered');
  await expect(acknowledge(1_001)).rejects.toThrow('does not answer');
  expect(laptop.transport.seqs()).toHaveLength(1_000);
  await expect(acknowledge(900)).rejects.toThrow('does not answer');
  await until('the rest is sent', () => laptop.transport.seqs().length === 1_203);
  expect(await delivered()).toEqual([0, 0, 0]);
});
