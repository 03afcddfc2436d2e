import type { Database } from '@chasqui/db';
import { until } from '@chasqui/testkit';
import {
  type DeliveryNode,
  type NodeDevice,
  openDeliveryNode,
  sendRequest,
} from '../../testing/coreNode';
import { type DeliveryRoom, openDeliveryRoom } from '../../testing/coreRoom';

// PostgreSQL is available: only these statements of this node get no answer.
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
const isPending = async (): Promise<boolean> =>
  (await room.rows('SELECT FROM deliveries WHERE user_id = $1', ben)).length > 0;

test.each([
  ['a seq', () => ({ conversationId, seq: 3 })],
  ['a message id', () => ({ messageId: messageIds[2] ?? '' })],
])(
  '[D6, D11] an acknowledgement by %s that PostgreSQL did not answer is retried until the recipient is no longer pending',
  async (_, target) => {
    failing = ['advance_watermarks', 'locate_message'];
    await expect(phone.live.acknowledge(target(), 'read')).rejects.toThrow('does not answer');
    const earlier = phone.live.acknowledge({ conversationId, seq: 1 }, 'read');
    await expect(earlier).rejects.toThrow('does not answer');
    expect([await delivered(), await isPending()]).toEqual([[0, 0, 0], true]);
    failing = [];
    await until('the acknowledgement is stored', async () => String(await delivered()) === '3,3,3');
    await until('no recipient is pending', async () => !(await isPending()));
  },
);

test('[D4] an unsaved acknowledgement is dropped with its connection, and the device receives the entry again', async () => {
  failing = ['advance_watermarks'];
  const target = { conversationId, seq: 3 };
  await expect(phone.live.acknowledge(target, 'delivered')).rejects.toThrow('does not answer');
  phone.live.close();
  failing = [];
  const again = await node.connect(ben);
  await until('the backlog is sent', () => again.transport.seqs().length === 3);
  expect(await delivered()).toEqual([0, 0, 0]);
});

test('[R6] pending marks that could not be cleared are cleared once PostgreSQL answers', async () => {
  failing = ['settle_pending'];
  await phone.live.acknowledge({ conversationId, seq: 3 }, 'delivered');
  await until('it was tried', () =>
    node.log.lines.some(({ message }) => message.includes('clearing pending marks')),
  );
  expect(await isPending()).toBe(true);
  failing = [];
  await until('no recipient is pending', async () => !(await isPending()));
});

test('[R4] an acknowledgement opens the window before its commit, and one beyond the sent entries frees nothing', async () => {
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
  await until('the remaining entries are sent', () => laptop.transport.seqs().length === 1_203);
  expect(await delivered()).toEqual([0, 0, 0]);
});
