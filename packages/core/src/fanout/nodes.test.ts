import { wakeupsWaitingFor } from '@chasqui/db';
import { until, withSeed } from '@chasqui/testkit';
import type { Notification } from '../ports/index';
import { createFakeNetwork, type FakeNetwork } from '../testing/fakeBus';
import {
  openDeliveryNode,
  sendRequest,
  type DeliveryNode,
  type NodeDevice,
} from '../testing/coreNode';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { memoryTransport } from '../testing/memoryTransport';

let room: DeliveryRoom;
let network: FakeNetwork;
let here: DeliveryNode;
let there: DeliveryNode;
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
  here = openDeliveryNode(room.db, { bus: network.join(), recheckMs: 100 });
  there = openDeliveryNode(room.otherNode(), { bus: network.join(), recheckMs: 100 });
  [ana, ben, cleo] = await room.users(`ana${round}`, `ben${round}`, `cleo${round}`);
});
afterEach(async () => {
  await Promise.all([here.stop(), there.stop()]);
});

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => 1 + i);
const group = async (...others: string[]): Promise<string> =>
  (await here.core.conversations.createGroup(ana, 'Group', others)).id;
const send = (node: DeliveryNode, conversationId: string, senderId: string) =>
  node.core.messages.send(sendRequest(conversationId, senderId));
const acknowledge = (device: NodeDevice, conversationId: string, seq: number): Promise<void> =>
  device.live.acknowledge({ conversationId, seq }, 'delivered');

test('[D3] entries and replies arrive in the order of seq on every node', async () => {
  const conversationId = await group(ben);
  const one = await here.connect(ana);
  const two = await there.connect(ben);
  const replies: number[][] = [[], []];
  await Promise.all(
    [one, two].flatMap((device, i) =>
      Array.from({ length: 100 }, async () => {
        const { message } = await device.send(conversationId, 'hello');
        // No later entry of this conversation was sent before the reply.
        expect(device.transport.seqs(conversationId).filter((seq) => seq > message.seq)).toEqual(
          [],
        );
        replies[i]?.push(message.seq);
      }),
    ),
  );
  for (const [i, { transport }] of [one, two].entries()) {
    await until('all entries have arrived', () => transport.seqs(conversationId).length === 101);
    const all = [...transport.seqs(conversationId), ...(replies[i] ?? [])];
    expect(all.sort((a, b) => a - b)).toEqual(upTo(201));
    const seqs = transport.seqs(conversationId);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  }
});

test('[R3] a node sends everything in order when notifications are lost, duplicated and reordered', () =>
  withSeed(async (random) => {
    network.copies = () => random.pick([0, 0, 1, 1, 2]);
    const ids = [await group(ben, cleo), await group(cleo, ben), await group(ben)];
    const devices = [
      await there.connect(ben),
      await there.connect(ben, {
        deviceId: 'laptop',
        transport: memoryTransport({ capabilities: { batching: true } }),
      }),
      await here.connect(cleo),
      await there.connect(cleo, { deviceId: 'laptop' }),
    ];
    for (let i = 0; i < 25; i += 1) {
      network.hold();
      await Promise.all(
        Array.from({ length: 6 }, () =>
          send(random.pick([here, there]), random.pick(ids), random.pick([ana, ben])).catch(
            () => undefined,
          ),
        ),
      );
      network.release((held) => held.sort(() => random.next() - 0.5));
      const device = random.pick(devices);
      const newest = device.transport.messages().at(-1);
      if (newest !== undefined) await acknowledge(device, newest.conversation_id, newest.seq);
    }
    for (const device of devices) {
      for (const { id, last_seq } of (
        await here.core.conversations.list(device.userId, { limit: 50 })
      ).items) {
        await until(
          `all entries of ${id} have arrived`,
          () => device.transport.seqs(id).length >= last_seq,
        );
        expect(device.transport.seqs(id)).toEqual(upTo(last_seq));
      }
    }
  }));

test('[D9] (fault 14) after a partition, a removed member receives no later entries and all others receive everything', async () => {
  const conversationId = await group(ben, cleo);
  const removed = await there.connect(ben);
  const stays = await there.connect(cleo);
  await until(
    'the first entry has arrived',
    () => stays.transport.seqs(conversationId).length === 1,
  );
  network.cut();
  await send(here, conversationId, ana);
  await here.core.members.remove(ana, conversationId, ben);
  const { message } = await send(here, conversationId, ana);
  network.heal();
  await until(
    'the remaining entries have arrived',
    () => stays.transport.seqs(conversationId).at(-1) === message.seq,
  );
  await until(
    'the removal has arrived',
    () => removed.transport.payloads('conversation:removed').length > 0,
  );
  await send(here, conversationId, ana);
  await until('all entries have arrived', () => stays.transport.seqs(conversationId).length === 5);
  expect(stays.transport.seqs(conversationId)).toEqual(upTo(5));
  // Entries sent during the membership may arrive, but no later ones.
  expect(Math.max(...removed.transport.seqs(conversationId))).toBeLessThanOrEqual(2);
});

test('[R3] a poll finds entries of a membership that another device has closed', async () => {
  const conversationId = await group(ben);
  const connected = await there.connect(ben, { deviceId: 'phone' });
  await until(
    'the first entry has arrived',
    () => connected.transport.seqs(conversationId).length === 1,
  );
  network.copies = () => 0;
  await send(here, conversationId, ana);
  const other = await here.connect(ben, { deviceId: 'laptop' });
  await until(
    'the other device has the entry',
    () => other.transport.seqs(conversationId).length === 2,
  );
  await acknowledge(other, conversationId, 2);
  await here.core.sync.readChanges(ben, { limit: 10 });
  const [row] = await room.rows('SELECT open FROM participants WHERE user_id = $1', ben);
  expect(row).toEqual([false]);
  await until(
    'this device has the entry',
    () => connected.transport.seqs(conversationId).length === 2,
  );
});

test('[D9] a removal notification that arrives after that of a new membership is ignored', async () => {
  const conversationId = await group(ben, cleo);
  const phone = await there.connect(ben);
  await until(
    'the first entries have arrived',
    () => phone.transport.seqs(conversationId).length === 1,
  );
  network.hold();
  await here.core.members.remove(ana, conversationId, ben);
  await here.core.members.add(ana, conversationId, ben, 'member');
  network.release(([removal, ...rest]) => [...rest, ...(removal === undefined ? [] : [removal])]);
  await send(here, conversationId, ana);
  await until(
    'the later entries have arrived',
    () => phone.transport.seqs(conversationId).length === 3,
  );
  expect(phone.transport.seqs(conversationId)).toEqual([1, 3, 4]);
  expect(phone.transport.payloads('conversation:created')).toContainEqual(
    expect.objectContaining({ id: conversationId }),
  );
  expect(phone.transport.payloads('conversation:removed')).toEqual([]);
});

test('[D9] a group notification that arrives after a removal does not show the group to the removed user', async () => {
  const phone = await there.connect(ben);
  network.hold();
  const conversationId = await group(ben, cleo);
  await here.core.members.remove(ana, conversationId, ben);
  network.release((held) => held.toReversed());
  const other = await group(ben);
  await until('the other group has arrived', () => phone.transport.seqs(other).length === 1);
  const shown = phone.transport
    .payloads('conversation:created')
    .map((one) => (one as { id: string }).id);
  expect(shown).toEqual([other]);
});

test('[D7] lost events are replayed after a partition, with the state that a fetch returns', async () => {
  const conversationId = await group(ben);
  const phone = await there.connect(ben, { deviceId: 'phone' });
  const laptop = await here.connect(ben, { deviceId: 'laptop' });
  const benMessage = await laptop.send(conversationId, 'mine');
  const { message } = await send(here, conversationId, ana);
  await until(
    'the first entries have arrived',
    () => phone.transport.seqs(conversationId).length === 3,
  );
  network.cut();
  await here.core.messages.edit(ana, message.id, 'edited');
  await here.core.messages.addReaction(ana, benMessage.message.id, '👍');
  await here.core.conversations.change(ana, conversationId, { title: 'Renamed' });
  await here.core.receipts.acknowledge(ana, { conversationId, seq: 3 }, 'read');
  await here.core.receipts.acknowledge(ben, { conversationId, seq: 3 }, 'read');
  const other = (await here.core.conversations.createGroup(ana, 'New', [ben])).id;
  network.heal();
  const reached = {
    conversationId,
    messageId: benMessage.message.id,
    seq: benMessage.message.seq,
    userId: ana,
  };
  const expected: [event: string, payload: object][] = [
    ['chat:message_updated', { id: message.id, content_encrypted: 'edited' }],
    [
      'chat:message_updated',
      { id: benMessage.message.id, reactions: [{ emoji: '👍', user_ids: [ana] }] },
    ],
    ['chat:message_status_updated', { ...reached, status: 'delivered' }],
    ['chat:message_status_updated', { ...reached, status: 'read' }],
    ['conversation:updated', { id: conversationId, title: 'Renamed' }],
    ['chat:unread_updated', { conversationId, unreadCount: 0, readSeq: 3 }],
    ['conversation:created', { id: other }],
  ];
  await until('all events are replayed', () => {
    for (const [event, payload] of expected) {
      expect(phone.transport.payloads(event)).toContainEqual(expect.objectContaining(payload));
    }
    return true;
  });
  for (const update of phone.transport.payloads('conversation:updated')) {
    expect(update).not.toHaveProperty('my');
  }
});

test('[D7] a change committed after the partition has healed is replayed without a notification', async () => {
  const conversationId = await group(ben);
  const phone = await there.connect(ben);
  const { message } = await send(here, conversationId, ana);
  await until(
    'the first entries have arrived',
    () => phone.transport.seqs(conversationId).length === 2,
  );
  network.cut();
  network.heal();
  // Simulates a statement that timed out but commits later.
  const late = openDeliveryNode(room.otherNode());
  try {
    for (const content of ['late', 'later']) {
      await late.core.messages.edit(ana, message.id, content);
      await until('the edit is replayed', () => {
        expect(phone.transport.payloads('chat:message_updated')).toContainEqual(
          expect.objectContaining({ id: message.id, content_encrypted: content }),
        );
        return true;
      });
    }
  } finally {
    await late.stop();
  }
});

test('[R4] an acknowledgement on another node opens the window', async () => {
  const conversationId = await group(ben);
  for (let i = 0; i < 52; i += 1) {
    await Promise.all(Array.from({ length: 20 }, () => send(here, conversationId, ana)));
  }
  const transport = memoryTransport({ capabilities: { batching: true } });
  await there.connect(ben, { transport });
  await until('the window is full', () => transport.seqs().length === 1_001);
  const sameDevice = await here.connect(ben);
  await acknowledge(sameDevice, conversationId, 900);
  await until('the remaining entries are sent', () => transport.seqs().length === 1_041);
  expect(transport.seqs()).toEqual(upTo(1_041));
});

test('a wake-up makes every node read the backlog again', async () => {
  const conversationId = await group(ben);
  const phone = await there.connect(ben);
  await until(
    'the first entry has arrived',
    () => phone.transport.seqs(conversationId).length === 1,
  );
  await room.send(conversationId, ana);
  const bus = network.join();
  bus.publish({ type: 'recheck', userIds: [ben] });
  await until('the entry has arrived', () => phone.transport.seqs(conversationId).length === 2);
});

test('[R7] receipts reach the author and the unread count reaches the reader on any node', async () => {
  const conversationId = await group(ben);
  const author = await there.connect(ana);
  const reader = await here.connect(ben);
  const { message } = await author.send(conversationId, 'hello');
  await until('the entry has arrived', () => reader.transport.seqs(conversationId).length === 2);
  await reader.live.acknowledge({ messageId: message.id }, 'read');
  await until(
    'both events have arrived',
    () =>
      author.transport.payloads('chat:message_status_updated').length === 2 &&
      reader.transport.payloads('chat:unread_updated').length === 1,
  );
  expect(author.transport.payloads('chat:message_status_updated')).toMatchObject([
    { conversationId, messageId: message.id, seq: 2, userId: ben, status: 'delivered' },
    { conversationId, messageId: message.id, seq: 2, userId: ben, status: 'read' },
  ]);
  expect(reader.transport.payloads('chat:unread_updated')).toEqual([
    { conversationId, unreadCount: 0, readSeq: 2 },
  ]);
});

test('[D5] an offline recipient needs a wake-up, and one who acknowledged immediately does not', async () => {
  const conversationId = await group(ben, cleo);
  const phone = await here.connect(ben);
  const { message } = await send(here, conversationId, ana);
  await until('the entry has arrived', () => phone.transport.seqs(conversationId).length === 2);
  await acknowledge(phone, conversationId, message.seq);
  expect([...here.woken].sort()).toEqual([ben, cleo].sort());
  await until('one user needs a wake-up', async () => {
    const needed = await wakeupsWaitingFor(room.db, here.woken, 0);
    expect(needed.map(({ userId }) => userId)).toEqual([cleo]);
    return true;
  });
});

test('a stopped node has answered every send and receives nothing more', async () => {
  const notifications: Notification[] = [];
  const conversationId = await group(ben);
  const phone = await here.connect(ben);
  const replies: unknown[] = [];
  for (let i = 0; i < 20; i += 1) {
    phone.live.send(sendRequest(conversationId, ben), (outcome) => replies.push(outcome) > 0);
  }
  await here.stop();
  expect(replies).toHaveLength(20);
  expect(replies.filter((one) => one instanceof Error)).toEqual([]);
  network.join().subscribe((notification) => notifications.push(notification));
  const frames = phone.transport.frames.length;
  await send(there, conversationId, ana);
  await until('the entry was announced', () => notifications.length > 0);
  expect(phone.transport.frames.length).toBe(frames);
});
