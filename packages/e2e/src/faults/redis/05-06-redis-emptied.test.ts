import { connected, type Device, type Person, until } from '@chasqui/testkit';
import { absentUsers } from '../absentUsers';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

// Redis loses all data: once by FLUSHALL, once by being killed. Recovery is automatic.

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture({ env: { DELIVERY_BACKOFF_MS: '600000' } });
});
afterAll(() => fixture.close());

const jobs = async (): Promise<number> => {
  const { command } = fixture.instance.redis;
  const sizes = [
    command('ZCARD', 'bull:message_delivery:delayed'),
    command('LLEN', 'bull:message_delivery:wait'),
    command('LLEN', 'bull:message_delivery:active'),
  ];
  return (await Promise.all(sizes)).reduce<number>((sum, size) => sum + Number(size), 0);
};

/** A group of absent users, one sender, and three people who connect later. */
async function openGroup(absent: number) {
  const { ana, ben, cleo, dora } = await fixture.people.registerAll('ana', 'ben', 'cleo', 'dora');
  const others = await absentUsers(fixture.instance, absent);
  const { body } = await ana.call('createGroup', {
    body: { title: 'a large group', participant_ids: [ben.id, cleo.id, dora.id, ...others] },
  });
  return { ana, ben, cleo, dora, id: body.id };
}

async function connectAll(id: string, sender: Device, people: Person[]) {
  const devices = [];
  for (const [i, person] of people.slice(1).entries()) {
    devices.push(await connected(person.on(i % 2).device({ batch: i === 0 })));
  }
  const run = { conversationId: id, people, devices };
  return { devices, violations: await fixture.violations({ ...run, attempts: sender.attempts }) };
}

test('[fault 5: L, D, D5] after FLUSHALL with 1,000 pending deliveries a sweep recreates all jobs and every message arrives once', async () => {
  const { ana, ben, cleo, dora, id } = await openGroup(997);
  const sender = await connected(ana.device());
  for (let i = 0; i < 20; i += 1) await sender.send(id, `message ${i}`);
  await until('there are 1,000 jobs', async () => (await jobs()) === 1_000);
  await fixture.instance.redis.command('FLUSHALL');
  await until('there are 1,000 jobs again', async () => (await jobs()) === 1_000);
  const { devices, violations } = await connectAll(id, sender, [ana, ben, cleo, dora]);
  expect(violations).toEqual([]);
  expect(devices.map((device) => device.repeats())).toEqual([0, 0, 0]);
});

test('[fault 6: L, D] a Redis killed during sends and restarted empty loses and duplicates nothing', async () => {
  const { ana, ben, cleo, dora, id } = await openGroup(50);
  const sender = await connected(ana.device());
  const listener = await connected(ben.on(1).device());
  const sends = async (from: number): Promise<void> => {
    for (let i = from; i < from + 20; i += 1) await sender.send(id, `message ${i}`);
  };
  await sends(0);
  await fixture.instance.redis.kill();
  await sends(20);
  await fixture.instance.redis.start();
  await sends(40);
  await until('absent users have jobs again', async () => (await jobs()) >= 52);
  expect(sender.attempts.every(({ outcome }) => outcome === 'acknowledged')).toBe(true);
  const { devices, violations } = await connectAll(id, sender, [ana, cleo, dora]);
  expect(violations).toEqual([]);
  const run = { conversationId: id, people: [ana, ben], devices: [listener, ...devices] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
  expect(listener.repeats()).toBe(0);
});
