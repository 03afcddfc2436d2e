import { type Person, until } from '@chasqui/testkit';
import { absentUsers } from '../crowd';
import { connected, openScene, type Scene } from '../scene';

// Redis loses everything: once while it runs, once by dying. Nobody helps.

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ env: { DELIVERY_BACKOFF_MS: '600000' } });
});
afterAll(() => scene.close());

const jobs = async (): Promise<number> => {
  const { command } = scene.instance.redis;
  const sizes = [
    command('ZCARD', 'bull:message_delivery:delayed'),
    command('LLEN', 'bull:message_delivery:wait'),
    command('LLEN', 'bull:message_delivery:active'),
  ];
  return (await Promise.all(sizes)).reduce<number>((sum, size) => sum + Number(size), 0);
};

/** A group of so many who never connect, beside ana who sends and three who will come. */
async function crowd(absent: number) {
  const { ana, ben, cleo, dora } = await scene.people.registerAll('ana', 'ben', 'cleo', 'dora');
  const others = await absentUsers(scene.instance, absent);
  const { body } = await ana.call('createGroup', {
    body: { title: 'a crowd', participant_ids: [ben.id, cleo.id, dora.id, ...others] },
  });
  return { ana, ben, cleo, dora, id: body.id };
}

async function comeBack(id: string, sender: Awaited<ReturnType<typeof connected>>, cast: Person[]) {
  const devices = [];
  for (const [i, person] of cast.slice(1).entries()) {
    devices.push(await connected(person.on(i % 2).device({ batch: i === 0 })));
  }
  const run = { conversationId: id, people: cast, devices };
  return { devices, verdict: await scene.verdict({ ...run, attempts: sender.attempts }) };
}

test('[fault 5: L, D, D5] FLUSHALL with 1,000 deliveries pending: a sweep brings all jobs back, and everybody gets all once', async () => {
  const { ana, ben, cleo, dora, id } = await crowd(997);
  const sender = await connected(ana.device());
  for (let i = 0; i < 20; i += 1) await sender.send(id, `message ${i}`);
  await until('1,000 jobs wait', async () => (await jobs()) === 1_000);
  await scene.instance.redis.command('FLUSHALL');
  await until('1,000 jobs wait again', async () => (await jobs()) === 1_000);
  const { devices, verdict } = await comeBack(id, sender, [ana, ben, cleo, dora]);
  expect(verdict).toEqual([]);
  expect(devices.map((device) => device.repeats())).toEqual([0, 0, 0]);
});

test('[fault 6: L, D] kill -9 of Redis, restarted empty, while messages are sent: nothing lost, nothing doubled', async () => {
  const { ana, ben, cleo, dora, id } = await crowd(50);
  const sender = await connected(ana.device());
  const listener = await connected(ben.on(1).device());
  const sends = async (from: number): Promise<void> => {
    for (let i = from; i < from + 20; i += 1) await sender.send(id, `message ${i}`);
  };
  await sends(0);
  await scene.instance.redis.kill();
  await sends(20);
  await scene.instance.redis.start();
  await sends(40);
  await until('the absent have jobs again', async () => (await jobs()) >= 52);
  expect(sender.attempts.every(({ outcome }) => outcome === 'acknowledged')).toBe(true);
  const { devices, verdict } = await comeBack(id, sender, [ana, cleo, dora]);
  expect(verdict).toEqual([]);
  const run = { conversationId: id, people: [ana, ben], devices: [listener, ...devices] };
  expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
  expect(listener.repeats()).toBe(0);
});
