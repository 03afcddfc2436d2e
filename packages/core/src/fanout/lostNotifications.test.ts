import { until } from '@chasqui/testkit';
import { type NodeDevice, openDeliveryNode } from '../testing/coreNode';
import { setUpNodePair } from '../testing/nodePair';

const nodes = setUpNodePair();

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => 1 + i);
const acknowledge = (device: NodeDevice, conversationId: string, seq: number): Promise<void> =>
  device.live.acknowledge({ conversationId, seq }, 'delivered');

test('[D9] (fault 14) after a partition, a removed member receives no later entries and all others receive everything', async () => {
  const { network, here, there, ana, ben, cleo, group, send } = nodes;
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
  const { room, network, here, there, ana, ben, group, send } = nodes;
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
  const { network, here, there, ana, ben, cleo, group, send } = nodes;
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
  const { network, here, there, ana, ben, cleo, group } = nodes;
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
  const { network, here, there, ana, ben, group, send } = nodes;
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
  const { room, network, here, there, ana, ben, group, send } = nodes;
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
