import { randomUUID } from 'node:crypto';
import { connected, type Device, findViolations, type Person, until } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// D4 and D5: messages to an offline user wait, arrive once and in order, and leave no delivery or job behind.

const suite = setUpAcceptanceSuite({ nodes: 2, env: { SWEEP_INTERVAL_MS: '1000' } });

/** Sends many messages over one connection, a few hundred at a time. */
async function sendMany(from: Device, conversationId: string, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 500) {
    const some = Math.min(500, count - sent);
    await Promise.all(
      Array.from({ length: some }, (_, i) => from.send(conversationId, `message ${sent + i + 1}`)),
    );
  }
  expect(from.attempts.filter(({ outcome }) => outcome !== 'acknowledged')).toEqual([]);
}

const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, i) => i + from);

/** Waits until PostgreSQL has the device's acknowledgements. */
async function settled(person: Person, id: string, seq: number): Promise<void> {
  await until(
    `${person.username} has acknowledged ${seq}`,
    async () => (await person.conversation(id)).my.delivered_seq === seq,
  );
}

test('[D4] 20 messages arrive in order, then queue_empty; another reconnect delivers none', async () => {
  const { ana, ben, id } = await suite.openDirect();
  const sender = await connected(ana.device());
  await sendMany(sender, id, 20);
  const device = ben.on(1).device();
  await device.connect();
  expect(await device.drained()).toBe(20);
  expect(device.wire(id)).toEqual(upTo(20));
  await settled(ben, id, 20);
  await device.connect();
  expect(await device.drained()).toBe(0);
  expect(device.wire(id)).toEqual([]);
  const devices = [sender, device];
  const { attempts } = sender;
  expect(
    await findViolations({
      instance: suite.instance,
      conversationId: id,
      people: [ana, ben],
      devices,
      attempts,
    }),
  ).toEqual([]);
});

describe.each([
  ['one by one', false],
  ['in batches', true],
])('[D4] 20,000 messages %s', (_how, batch) => {
  test('arrive once and in order within the window, then queue_empty; a reconnect delivers none', async () => {
    const { ana, ben, id } = await suite.openDirect();
    const sender = await connected(ana.device({ brief: true }));
    await sendMany(sender, id, 20_000);
    const device = ben.on(1).device({ batch });
    await device.connect();
    expect(await device.drained(60_000)).toBe(20_000);
    expect(device.wire(id)).toEqual(upTo(20_000));
    expect(device.repeats()).toBe(0);
    const singles = device.received('chat:message_received').length;
    if (batch) expect(singles).toBeLessThan(1_000);
    else expect(singles).toBe(20_000);
    await settled(ben, id, 20_000);
    await device.connect();
    expect(await device.drained()).toBe(0);
    expect(device.wire(id)).toEqual([]);
    expect(device.violations).toEqual([]);
  });
});

test('[D4] a device that never acknowledges receives exactly 1,000 entries, live ones included, until it does', async () => {
  const { ana, ben, id } = await suite.openDirect();
  const sender = await connected(ana.device({ brief: true }));
  await sendMany(sender, id, 1_500);
  const lazy = ben.device({ acknowledges: false, batch: true });
  await lazy.connect();
  await until('the window is full', () => lazy.wire(id).length >= 1_000);
  await sendMany(sender, id, 100);
  // An event outside the window comes after any entry that could have been sent.
  await ana.call('createGroup', { body: { title: 'x', participant_ids: [ben.id] } });
  await until('the event arrived', () => lazy.received('conversation:created').length === 1);
  expect(lazy.wire(id)).toEqual(upTo(1_000));
  expect(lazy.received('chat:queue_empty')).toEqual([]);
  await lazy.acknowledge(id, 400);
  await until('400 more arrived', () => lazy.wire(id).length >= 1_400);
  await lazy.acknowledge(id, 1_400);
  await until('all messages arrived', () => lazy.wire(id).length === 1_600);
  expect(lazy.wire(id)).toEqual(upTo(1_600));
  await lazy.drained();
  expect(lazy.violations).toEqual([]);
});

test('[D5] a connected user who acknowledges gets no wake-up, however long others keep writing', async () => {
  const { ana, ben, id } = await suite.openDirect();
  const [sender, device] = [await connected(ana.device()), await connected(ben.on(1).device())];
  const jobs = (): Promise<unknown> =>
    suite.instance.redis.command('KEYS', `bull:message_delivery:${ben.id}*`);
  const end = performance.now() + 4_000;
  const found: string[] = [];
  let sent = 0;
  // A false wake-up would exist all the time. A machine that stalls for longer than a wake-up's delay can create one,
  // which ends as soon as it finds nothing to do.
  await until('there are hardly ever jobs', async () => {
    for (let i = 0; i < 10; i += 1) {
      // Always one more before the last one is acknowledged.
      await Promise.all([1, 2].map(() => sender.send(id, `message ${++sent}`)));
    }
    found.push(String(await jobs()));
    const none = found.filter((job) => job === '');
    return performance.now() > end && found.length >= 20 && none.length > found.length / 2;
  });
  await until('all messages arrived', () => device.wire(id).length === sent);

  device.disconnect();
  await sender.send(id, 'still there?');
  await until('deliveries are pending', async () => String(await jobs()) !== '');
});

test('[D4] own messages do not count towards the window', async () => {
  const { ana, id } = await suite.openDirect();
  const sender = await connected(ana.device({ acknowledges: false, brief: true }));
  const other = await connected(ana.on(1).device({ acknowledges: false, batch: true }));
  await sendMany(sender, id, 1_200);
  await until('all messages arrived', () => other.wire(id).length === 1_200);
  expect(other.violations).toEqual([]);
});

test('[D4] only unacknowledged messages are sent again', async () => {
  const { ana, ben, id } = await suite.openDirect();
  const sender = await connected(ana.device());
  await sendMany(sender, id, 10);
  const device = ben.device({ acknowledges: false });
  await connected(device);
  await device.acknowledge(id, 4);
  await device.connect();
  expect(await device.drained()).toBe(6);
  expect(device.wire(id)).toEqual(upTo(6, 5));
});

test('[D4] each of two devices receives everything once, one of them offline', async () => {
  const { ana, ben, id } = await suite.openDirect();
  const phone = ben.device({ deviceId: 'phone' });
  const laptop = ben.on(1).device({ deviceId: 'laptop' });
  await connected(phone);
  await connected(laptop);
  phone.disconnect();
  const sender = await connected(ana.device());
  await sendMany(sender, id, 50);
  await until('the laptop has every message', () => laptop.wire(id).length === 50);
  await settled(ben, id, 50);
  await phone.connect();
  expect(await phone.drained()).toBe(50);
  expect(phone.wire(id)).toEqual(upTo(50));
  expect(phone.violations.concat(laptop.violations)).toEqual([]);
});

test('[D4] a new device starts after the last entry that any device has acknowledged', async () => {
  const { ana, ben, id } = await suite.openDirect();
  const sender = await connected(ana.device());
  await sendMany(sender, id, 10);
  const phone = await connected(ben.device({ acknowledges: false }));
  await phone.acknowledge(id, 7);
  const tablet = ben.on(1).device();
  await tablet.connect();
  expect(await tablet.drained()).toBe(3);
  expect(tablet.wire(id)).toEqual([8, 9, 10]);
});

test('[D4] an acknowledgement counts for both connections of one device', async () => {
  const { ana, ben, id } = await suite.openDirect();
  const sender = await connected(ana.device());
  const options = { deviceId: 'shared', acknowledges: false };
  const tabs = [ben.device(options), ben.on(1).device(options)] as const;
  for (const tab of tabs) await connected(tab);
  await sendMany(sender, id, 5);
  await until('both have every message', () => tabs.every((tab) => tab.wire(id).length === 5));
  await tabs[0].acknowledge(id, 5);
  const again = ben.on(1).device(options);
  await again.connect();
  expect(await again.drained()).toBe(0);
});

test('[D4] after a logout the device starts after the last entry that other devices have acknowledged', async () => {
  const { ana, ben, id } = await suite.openDirect();
  const { body: login } = await ben.call('login', { body: ben });
  const options = { deviceId: 'phone', acknowledges: false };
  const phone = await connected(ben.device({ ...options, token: login.access_token }));
  const laptop = await connected(ben.device({ deviceId: 'laptop' }));
  await ben.call('logout', { token: login.access_token });
  await until('the connection is closed', () => !phone.socket().connected);
  await ana.send(id, 'one');
  await until('the laptop has the message', () => laptop.wire(id).length === 1);
  await settled(ben, id, 1);
  const fresh = ben.device(options);
  await fresh.connect();
  expect(await fresh.drained()).toBe(0);
});

describe('the queue', () => {
  const jobs = async (): Promise<string[]> => {
    const keys = await suite.instance.redis.command('KEYS', 'bull:message_delivery:*');
    return Array.isArray(keys) ? keys.map(String) : [];
  };
  const dump = async (): Promise<string> => {
    const texts: unknown[] = [];
    const keys = await suite.instance.redis.command('KEYS', '*');
    for (const key of Array.isArray(keys) ? keys.map(String) : []) {
      const type = await suite.instance.redis.command('TYPE', key);
      const read: Record<string, [string, ...(string | number)[]]> = {
        string: ['GET', key],
        hash: ['HGETALL', key],
        list: ['LRANGE', key, 0, -1],
        set: ['SMEMBERS', key],
        zset: ['ZRANGE', key, 0, -1],
        stream: ['XRANGE', key, '-', '+'],
      };
      const command = read[String(type)];
      if (command) texts.push(key, await suite.instance.redis.command(...command));
    }
    return JSON.stringify(texts);
  };

  test('[D5] holds one job per offline recipient, with ids only, and none after the recipient connects', async () => {
    const { ana, ben, cleo } = await suite.people.registerAll('ana', 'ben', 'cleo');
    const { id } = await suite.people.group(ana, ben, cleo);
    const content = `secret-${randomUUID()}`;
    for (let i = 0; i < 50; i++)
      await ana.send(id, content, { client_message_id: `${content}${i}` });
    const jobOf = async (person: Person): Promise<number> => {
      let found = 0;
      for (const key of await jobs()) {
        const data = await suite.instance.redis.command('HGET', key, 'data').catch(() => null);
        if (typeof data === 'string' && data.includes(person.id)) found += 1;
      }
      return found;
    };
    await until(
      'both have a job',
      async () => (await jobOf(ben)) === 1 && (await jobOf(cleo)) === 1,
    );
    const all = await dump();
    expect(all).toContain(ben.id);
    expect(all).not.toContain(content);
    expect(await jobOf(ana)).toBe(0);
    const device = ben.device();
    await device.connect();
    await device.drained();
    await until('ben has no pending delivery', async () => {
      const rows = await suite.instance.sql('SELECT FROM deliveries WHERE user_id = $1', [ben.id]);
      return rows.length === 0;
    });
    await until('ben has no job', async () => (await jobOf(ben)) === 0);
    expect(await jobOf(cleo)).toBe(1);
  });

  test('[D5] after FLUSHALL with pending deliveries a sweep recreates the jobs, and a reconnect delivers everything', async () => {
    const { ana, ben, id } = await suite.openDirect();
    const sender = await connected(ana.device());
    await sendMany(sender, id, 1_000);
    await until('there is a job', async () => (await dump()).includes(ben.id));
    await suite.instance.redis.command('FLUSHALL');
    await until('there is a job again', async () => (await dump()).includes(ben.id));
    const device = ben.on(1).device({ batch: true });
    await device.connect();
    expect(await device.drained()).toBe(1_000);
    expect(device.wire(id)).toEqual(upTo(1_000));
  });
});
