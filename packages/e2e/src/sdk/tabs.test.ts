import { BroadcastChannel } from 'node:worker_threads';
import { type ClientFixture, openClientFixture } from './clients/clientFixture';
import { type Channel, createBrowserTabs, createMemoryStorage, type Tabs } from '@chasqui/sdk';
import { createLocks } from '@chasqui/sdk/testing';
import { until } from '@chasqui/testkit';

let fixture: ClientFixture;
beforeAll(async () => {
  fixture = await openClientFixture();
});
afterAll(() => fixture.close());

/** The tabs of one browser, which share storage, locks and a channel. */
function browser() {
  const name = crypto.randomUUID();
  const [storage, locks] = [createMemoryStorage(), createLocks()];
  const tabs = (): Tabs => createBrowserTabs(name, locks, channelOf(name));
  return { tab: () => ({ storage, tabs: tabs() }) };
}

function channelOf(name: string): Channel {
  const channel = new BroadcastChannel(name);
  return {
    postMessage: (message) => channel.postMessage(message),
    close: () => channel.close(),
    addEventListener(_type, listener) {
      channel.onmessage = (event: unknown) => {
        if (typeof event === 'object' && event !== null && 'data' in event) {
          listener({ data: event.data });
        }
      };
    },
  };
}

test('[D2] three tabs share one outbox: each message is sent once and in order, even if the leader closes', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  const { tab } = browser();
  const b = await fixture.clients.open(ben);
  const first = await fixture.clients.open(ana, tab());
  const second = await fixture.clients.open(ana, tab());
  const third = await fixture.clients.open(ana, tab());
  const tabs = [first, second, third];
  const write = (text: string): Promise<unknown> =>
    Promise.all(tabs.map((one, i) => one.client.send(id, `tab ${i}, ${text}`)));
  for (let i = 0; i < 20; i += 1) await write(String(i));
  await until('some have arrived', () => b.received.length >= 10);
  await first.client.close();
  tabs.shift();
  for (let i = 20; i < 40; i += 1) {
    await second.client.send(id, `tab 1, ${i}`);
    await third.client.send(id, `tab 2, ${i}`);
  }
  await until('everything has arrived', () => b.received.length >= 100);
  await until('the outboxes are empty', () =>
    tabs.every((one) => one.client.getState().outbox.length === 0),
  );
  for (const [i, count] of [20, 40, 40].entries()) {
    const mine = b.received.filter(({ content }) => content.startsWith(`tab ${i},`));
    expect(mine.map(({ content }) => content)).toEqual(
      Array.from({ length: count }, (_, n) => `tab ${i}, ${n}`),
    );
  }
  await until('both show it', () => tabs.every((one) => one.shown(id).length === 100));
  expect(second.shown(id)).toEqual(third.shown(id));
});

test('discarding, reading and signing out in one tab take effect in the others', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  const { tab } = browser();
  const [first, second] = [
    await fixture.clients.open(ana, tab()),
    await fixture.clients.open(ana, tab()),
  ];
  const refused = await second.client.send(id, 'reply to a missing message', {
    replyToId: crypto.randomUUID(),
  });
  const shows = (status: string | undefined): Promise<unknown> =>
    until(`both show ${status ?? 'none'}`, () =>
      [first, second].every((one) => one.client.getState().outbox[0]?.status === status),
    );
  await shows('refused');
  await second.client.discard(refused);
  await shows(undefined);
  await ben.send(id, 'hello');
  await until('both have it', () => [first, second].every((one) => one.shown(id).length === 1));
  second.client.markRead(id, 1);
  await until(
    'the first tab shows it as read',
    () => first.client.getState().conversationsById[id]?.my.unread_count === 0,
  );
  await second.client.signOut();
  await until('both are signed out', () => first.client.getState().me === null);
});

test('[D4] entries acknowledged by one tab reach another tab of the same device by sync', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  const { tab } = browser();
  const [first, second] = [
    await fixture.clients.open(ana, tab()),
    await fixture.clients.open(ana, tab()),
  ];
  second.client.disconnect();
  for (let i = 1; i <= 120; i += 1) await ben.send(id, `message ${i}`);
  await until('it is acknowledged', async () => {
    const { my } = await ana.conversation(id);
    return first.received.length === 120 && my.delivered_seq === 120;
  });
  second.client.connect();
  await second.live();
  expect(second.received.map(({ seq }) => seq)).toEqual(first.received.map(({ seq }) => seq));
});
