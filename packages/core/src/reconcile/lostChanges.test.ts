import type { Database } from '@chasqui/db';
import { until } from '@chasqui/testkit';
import { createFakeNetwork, type FakeNetwork } from '../testing/fakes/fakeBus';
import {
  openDeliveryNode,
  sendRequest,
  type DeliveryNode,
  type NodeDevice,
} from '../testing/coreNode';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';

let room: DeliveryRoom;
let network: FakeNetwork;
let nodes: DeliveryNode[];
let here: DeliveryNode;
let ana: string;
let ben: string;
let cleo: string;
let round = 0;
beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());
beforeEach(async () => {
  round += 1;
  network = createFakeNetwork();
  nodes = [];
  here = openNode();
  [ana, ben, cleo] = await room.users(`ana${round}`, `ben${round}`, `cleo${round}`);
});
afterEach(() => Promise.all(nodes.map((node) => node.stop())));

function openNode(db = room.otherNode()): DeliveryNode {
  const node = openDeliveryNode(db, { bus: network.join(), recheckMs: 100 });
  nodes.push(node);
  return node;
}

interface Change {
  conversationId: string;
  messageId: string;
}

type MakeChange = (node: DeliveryNode, change: Change) => Promise<unknown>;

const react: MakeChange = ({ core }, { messageId }) =>
  core.messages.addReaction(ana, messageId, '👍');
const makesChange: [what: string, make: MakeChange, event: string, data: (c: Change) => object][] =
  [
    [
      'an edit',
      ({ core }, { messageId }) => core.messages.edit(ana, messageId, 'edited'),
      'chat:message_updated',
      ({ messageId }) => ({ id: messageId, content_encrypted: 'edited' }),
    ],
    [
      'a deletion',
      ({ core }, { messageId }) => core.messages.delete(ana, messageId),
      'chat:message_updated',
      ({ messageId }) => ({ id: messageId, content_encrypted: null }),
    ],
    [
      'a reaction',
      react,
      'chat:message_updated',
      ({ messageId }) => ({ id: messageId, reactions: [{ emoji: '👍', user_ids: [ana] }] }),
    ],
    [
      'a new title',
      ({ core }, { conversationId }) =>
        core.conversations.change(ana, conversationId, { title: 'Renamed' }),
      'conversation:updated',
      ({ conversationId }) => ({ id: conversationId, title: 'Renamed' }),
    ],
    [
      'a removal',
      ({ core }, { conversationId }) => core.members.remove(ana, conversationId, ben),
      'conversation:removed',
      ({ conversationId }) => ({ conversationId }),
    ],
    [
      'a receipt',
      ({ core }, { conversationId }) =>
        core.receipts.acknowledge(ben, { conversationId, seq: 2 }, 'read'),
      'chat:unread_updated',
      ({ conversationId }) => ({ conversationId, unreadCount: 0, readSeq: 2 }),
    ],
  ];

/** A group with one message, and a device of ben on this node. */
async function openGroup(): Promise<Change & { phone: NodeDevice }> {
  const { id: conversationId } = await here.core.conversations.createGroup(ana, 'Group', [
    ben,
    cleo,
  ]);
  const phone = await here.connect(ben);
  const { message } = await here.core.messages.send(sendRequest(conversationId, ana));
  await until('the message has arrived', () => phone.transport.seqs(conversationId).includes(2));
  return { conversationId, messageId: message.id, phone };
}

const received = (phone: NodeDevice, event: string, data: object): Promise<unknown> =>
  until(`${event} has arrived`, () => {
    expect(phone.transport.payloads(event)).toContainEqual(expect.objectContaining(data));
    return true;
  });

/** Holds everything that a change to this conversation waits for, until the returned function is called. */
async function hold(conversationId: string): Promise<() => Promise<void>> {
  const transaction = await room.db.sequelize.transaction();
  const bind = [conversationId];
  await room.db.sequelize.query('SELECT FROM conversations WHERE id = $1 FOR UPDATE', {
    ...{ bind, transaction },
  });
  await room.db.sequelize.query('SELECT FROM participants WHERE conversation_id = $1 FOR UPDATE', {
    ...{ bind, transaction },
  });
  return () => transaction.commit();
}

async function isWaiting(): Promise<boolean> {
  const [row] = await room.rows(
    `SELECT count(*)::integer FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row?.[0] !== 0;
}

test.each(makesChange)(
  '[D7] %s that is in flight when its node stops is announced before the node leaves the bus',
  async (_what, make, event, data) => {
    const { phone, ...change } = await openGroup();
    const there = openNode();
    const release = await hold(change.conversationId);
    const changing = make(there, change);
    await until('the change waits', isWaiting);
    const stopping = there.core.stop(10_000).then(() => {
      network.copies = () => 0;
    });
    await release();
    await Promise.all([changing, stopping]);
    await received(phone, event, data(change));
  },
);

test.each(makesChange)(
  '[D7] %s that commits after its node has left the bus is replayed on the other nodes',
  async (_what, make, event, data) => {
    const { phone, ...change } = await openGroup();
    const there = openNode();
    const release = await hold(change.conversationId);
    const changing = make(there, change);
    await until('the change waits', isWaiting);
    await there.core.stop(1);
    network.copies = () => 0;
    await release();
    await changing;
    await received(phone, event, data(change));
  },
);

/** The same database, whose COMMITs get no answer. */
function withoutAnswers(db: Database): Database {
  const transaction = async (work: never): Promise<never> => {
    await db.sequelize.transaction(work);
    throw new Error('Connection terminated unexpectedly');
  };
  const sequelize = new Proxy(db.sequelize, {
    get: (target, key): unknown => (key === 'transaction' ? transaction : Reflect.get(target, key)),
  });
  return { ...db, sequelize };
}

test.each(['before its node stops', 'while its node stops'])(
  '[D7] a change whose COMMIT got no answer %s is replayed on the other nodes',
  async (when) => {
    const { phone, ...change } = await openGroup();
    const there = openNode(withoutAnswers(room.otherNode()));
    network.copies = () => 0;
    const changing = expect(react(there, change)).rejects.toThrow('the store does not answer');
    if (when === 'before its node stops') await changing;
    await there.core.stop(5_000);
    await changing;
    await received(phone, 'chat:message_updated', { id: change.messageId });
  },
);

test('[D7] a user who connects during a poll receives a lost change that this poll replays to others', async () => {
  const db = room.otherNode();
  let beforeReplay = async (): Promise<void> => undefined;
  const there = openNode({
    ...db,
    async query(name, text, values) {
      if (name === 'repair_changed') await beforeReplay();
      return db.query(name, text, values);
    },
  });
  const { messageId } = await openGroup();
  const phone = await there.connect(ben);
  const joined: NodeDevice[] = [];
  beforeReplay = async () => {
    beforeReplay = async () => undefined;
    joined.push(await there.connect(cleo));
    await here.core.messages.edit(ana, messageId, 'edited');
  };
  network.copies = () => 0;
  network.heal();
  const edited = { id: messageId, content_encrypted: 'edited' };
  await received(phone, 'chat:message_updated', edited);
  const [laptop] = joined;
  if (laptop === undefined) throw new Error('cleo did not connect');
  await received(laptop, 'chat:message_updated', edited);
});

test('[D7] a node that has just started replays a change that another node did not publish yet', async () => {
  network.cut();
  const there = openNode();
  const { messageId } = await openGroup();
  const phone = await there.connect(ben);
  network.heal();
  network.copies = () => 0;
  for (const content of ['first', 'second']) {
    await here.core.messages.edit(ana, messageId, content);
    await received(phone, 'chat:message_updated', { id: messageId, content_encrypted: content });
  }
});
