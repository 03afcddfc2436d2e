import { wakeupsWaitingFor } from '@chasqui/db';
import { until, withSeed } from '@chasqui/testkit';
import type { Notification } from '../ports/index';
import { type NodeDevice, sendRequest } from '../testing/coreNode';
import { memoryTransport } from '../testing/memoryTransport';
import { setUpNodePair } from '../testing/nodePair';

const nodes = setUpNodePair();

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => 1 + i);
const acknowledge = (device: NodeDevice, conversationId: string, seq: number): Promise<void> =>
  device.live.acknowledge({ conversationId, seq }, 'delivered');

test('[D3] entries and replies arrive in the order of seq on every node', async () => {
  const { here, there, ana, ben, group } = nodes;
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
    const { network, here, there, ana, ben, cleo, group, send } = nodes;
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

test('[R4] an acknowledgement on another node opens the window', async () => {
  const { here, there, ana, ben, group, send } = nodes;
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
  const { room, network, there, ana, ben, group } = nodes;
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
  const { here, there, ana, ben, group } = nodes;
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
  const { room, here, ana, ben, cleo, group, send } = nodes;
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
  const { network, here, there, ana, ben, group, send } = nodes;
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
