import { messageStatusUpdated, unreadUpdated } from '@chasqui/protocol';
import { connected, type Device, until } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// D6 and D8: receipts never move backwards, and counts are exact.

const suite = setUpAcceptanceSuite({ nodes: 2, worker: false });

const statuses = (device: Device) =>
  device
    .received('chat:message_status_updated')
    .map((data) => messageStatusUpdated.data.parse(data))
    .map(({ seq, status, userId }) => ({ seq, status, userId }));

const unread = (device: Device) =>
  device.received('chat:unread_updated').map((data) => unreadUpdated.data.parse(data));

test("[D6] the author's devices receive the delivered and read positions", async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  const authors = [await connected(ana.device()), await connected(ana.on(1).device())];
  const reader = await connected(ben.on(1).device({ acknowledges: false }));
  const sent = [];
  for (let i = 0; i < 5; i++) sent.push(await ana.send(id, `m${i}`));
  await until('all messages arrived', () => reader.wire(id).length === 5);
  await reader.acknowledge(id, 3);
  await until('delivered up to 3', () =>
    authors.every((device) =>
      statuses(device).some(({ seq, status }) => seq === 3 && status === 'delivered'),
    ),
  );
  await reader.ask('chat:message_read', { messageId: sent[4]?.id });
  await until('read up to 5', () =>
    authors.every((device) =>
      statuses(device).some(({ seq, status }) => seq === 5 && status === 'read'),
    ),
  );
  for (const device of authors) {
    expect(statuses(device).every(({ userId }) => userId === ben.id)).toBe(true);
    expect(device.violations).toEqual([]);
  }
  const page = await ana.call('readStatus', { params: { messageId: sent[0]?.id ?? '' } });
  expect(page.body.statuses).toMatchObject([{ user_id: ben.id, status: 'read' }]);
  expect((await ana.history(id)).map(({ status }) => status)).toEqual(Array(5).fill('read'));
  // An older position changes nothing.
  await reader.acknowledge(id, 1);
  await reader.read(id, 2);
  expect((await ben.conversation(id)).my).toMatchObject({ delivered_seq: 5, read_seq: 5 });
  // The reader receives no event about themselves.
  expect(statuses(reader)).toEqual([]);
});

test('[D6] in a group the lowest status of all recipients counts', async () => {
  const { ana, ben, cleo } = await suite.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await suite.people.group(ana, ben, cleo);
  const sent = await ana.send(id, 'to both');
  const params = { messageId: sent.id };
  const status = async () => (await ana.history(id)).at(-1)?.status;
  await ben.call('reportStatus', { params, body: { status: 'read' } });
  expect(await status()).toBe('sent');
  await cleo.call('reportStatus', { params, body: { status: 'delivered' } });
  expect(await status()).toBe('delivered');
  await cleo.call('reportStatus', { params, body: { status: 'read' } });
  expect(await status()).toBe('read');
  const { body } = await ana.call('readStatus', { params });
  expect(body).toMatchObject({ recipient_count: 2, delivered_count: 2, read_count: 2 });
});

test('[D6] delivery times are accurate to the second', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  const device = await connected(ben.device());
  const before = Date.now();
  const first = await ana.send(id, 'first');
  await until('delivered', async () => (await ben.conversation(id)).my.delivered_seq === 1);
  const deliveredBy = Date.now();
  // A later position keeps the time of the older one.
  await until('a second has passed', () => Date.now() - deliveredBy > 1_500);
  await ana.send(id, 'second');
  await until('delivered', async () => (await ben.conversation(id)).my.delivered_seq === 2);
  const { body } = await ana.call('readStatus', { params: { messageId: first.id } });
  const at = Date.parse(body.statuses[0]?.delivered_at ?? '');
  expect(at).toBeGreaterThan(before - 1_000);
  expect(at).toBeLessThan(deliveredBy + 1_000);
  device.disconnect();
});

test('[D8] reading on one device clears the others, and events carry exact counts', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  const [phone, laptop] = [await connected(ben.device()), await connected(ben.on(1).device())];
  for (let i = 0; i < 7; i++) await ana.send(id, `m${i}`);
  // Own messages do not count.
  await ben.send(id, 'my own');
  await until('both have every message', () =>
    [phone, laptop].every((one) => one.wire(id).length === 8),
  );
  await phone.read(id, 4);
  await until('the laptop receives the count', () =>
    unread(laptop).some(({ unreadCount, readSeq }) => unreadCount === 3 && readSeq === 4),
  );
  await laptop.read(id, 7);
  await until('the phone receives the count', () => unread(phone).at(-1)?.unreadCount === 0);
  expect((await ben.conversation(id)).my).toMatchObject({ read_seq: 7, unread_count: 0 });
  expect(unread(phone).every((one) => one.conversationId === id)).toBe(true);
});

test('[D8] only messages by others, not deleted, after my read position count', async () => {
  const { ana, ben, cleo } = await suite.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await suite.people.group(ana, ben);
  const count = async () => (await ben.conversation(id)).my.unread_count;
  expect(await count()).toBe(0);
  const first = await ana.send(id, 'one');
  await ben.send(id, 'my own');
  await ana.send(id, 'two');
  // Sending does not move the position, and events do not count.
  await ana.call('renameConversation', { params: { id }, body: { title: 'new' } });
  await ana.call('addParticipant', { params: { id }, body: { user_id: cleo.id } });
  expect(await count()).toBe(2);
  expect((await cleo.conversation(id)).my.unread_count).toBe(0);
  await ana.call('deleteMessage', { params: { messageId: first.id } });
  expect(await count()).toBe(1);
  await ben.call('reportStatus', { params: { messageId: first.id }, body: { status: 'read' } });
  expect(await count()).toBe(1);
  const { conversations } = (await ben.call('listConversations')).body;
  expect(conversations.find((one) => one.id === id)?.my.unread_count).toBe(1);
});
