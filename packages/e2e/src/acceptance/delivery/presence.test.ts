import { randomUUID } from 'node:crypto';
import { userTyping } from '@chasqui/protocol';
import { type Person, until } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// Every command and event (docs/CONTRACT.md) on two nodes that share one Redis. Devices check every frame against its schema.

const suite = setUpAcceptanceSuite({ nodes: 2, env: { CORS_ORIGINS: 'https://app.example' } });

describe('typing and presence', () => {
  let ana: Person;
  let ben: Person;
  let id: string;
  beforeEach(async () => {
    ({ ana, ben, id } = await suite.openDirect());
  });

  test('[D10] typing reaches the others on both nodes, ends within 6 s, and is not queued', async () => {
    const [a, b] = [ana.device(), ben.on(1).device()];
    await a.connect();
    await b.connect();
    const seen = () => b.received('chat:user_typing').map((data) => userTyping.data.parse(data));
    // By the server's clock, so that latency does not count; one success is enough.
    await until('typing ends within 6 s', async () => {
      const before = seen().length;
      await a.ask('chat:typing', { conversationId: id, isTyping: true });
      await until('ben sees typing', () => seen().length > before);
      expect(seen()[before]).toMatchObject({
        ...{ conversationId: id, userId: ana.id, username: ana.username, isTyping: true },
      });
      await until('typing has ended', () => seen().length > before + 1);
      expect(seen()[before + 1]).toMatchObject({ isTyping: false });
      const [began, ended] = seen()
        .slice(before)
        .map(({ timestamp }) => Date.parse(timestamp));
      return (ended ?? Infinity) - (began ?? 0) <= 6_000;
    });
    expect(a.received('chat:user_typing')).toEqual([]);
    const late = ben.device();
    await late.connect();
    await late.drained();
    expect(late.received('chat:user_typing')).toEqual([]);
  });

  test('[D10] a short reconnect causes no presence event; the last disconnect causes one offline event', async () => {
    const watcher = ben.on(1).device();
    await watcher.connect();
    const statuses = () =>
      watcher
        .received('user:status_changed')
        .map((data) => data as { userId: string; status: string })
        .filter(({ userId }) => userId === ana.id)
        .map(({ status }) => status);
    const [phone, laptop] = [ana.device(), ana.on(1).device()];
    await phone.connect();
    await until('online', () => statuses().length === 1);
    // The only connection, so the user is briefly disconnected.
    for (let i = 0; i < 3; i++) {
      phone.disconnect();
      await phone.connect();
    }
    await laptop.connect();
    phone.disconnect();
    const presence = async () =>
      (await ben.call('readUser', { params: { id: ana.id } })).body.presence;
    expect((await presence())?.status).toBe('online');
    expect(statuses()).toEqual(['online']);
    laptop.disconnect();
    await until('offline', () => statuses().length === 2);
    expect(statuses()).toEqual(['online', 'offline']);
    const after = await presence();
    expect(after?.status).toBe('offline');
    expect(after?.last_seen_at).not.toBeNull();
  });

  test('[D10] presence:offline hides an open connection, presence:online shows it again', async () => {
    const watcher = ben.on(1).device();
    await watcher.connect();
    const device = ana.device();
    await device.connect();
    const last = () =>
      watcher
        .received('user:status_changed')
        .map((data) => data as { userId: string; status: string })
        .filter(({ userId }) => userId === ana.id)
        .at(-1)?.status;
    await until('online', () => last() === 'online');
    await device.ask('presence:offline');
    await until('offline', () => last() === 'offline');
    await ben.send(id, 'still delivered');
    await until('the message arrived', () => device.wire(id).length === 1);
    await device.ask('presence:online');
    await until('online again', () => last() === 'online');
  });

  test('[D9] a stranger receives no presence', async () => {
    const eve = await suite.people.register();
    const device = eve.device();
    await device.connect();
    const a = ana.device();
    await a.connect();
    await a.ask('chat:typing', { conversationId: id, isTyping: true });
    await a.send(id, randomUUID());
    // An event that she receives, after all that she must not receive.
    await suite.people.direct(eve, ben);
    await until(
      'her own event arrived',
      () => device.received('conversation:created').length === 1,
    );
    expect(device.frames.map(({ event }) => event)).toEqual([
      'session:ready',
      'chat:queue_empty',
      'conversation:created',
    ]);
  });
});
