import { connected, createRestClient, medianOf, millisecondsOf, until } from '@chasqui/testkit';
import { metricsOf } from '../metrics';
import { openFaultFixture, type FaultFixture, upTo } from '../faultFixture';

// D11: Redis only triggers wake-ups, so no send waits for it.

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

const readiness = async (node: number): Promise<string> =>
  (await createRestClient(fixture.instance.url(node)).call('readReadiness')).body.redis;
const redisUp = async (node: number): Promise<boolean> =>
  (await metricsOf(fixture.instance.url(node)))('chasqui_redis_up') === 1;

test('[fault 10: D11] with Redis down, sends are acknowledged in time and arrive live on the same node', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device());
  const near = await connected(ben.device());
  await fixture.instance.redis.kill();
  const tookMs: number[] = [];
  // Both before and after the outage is detected.
  while ((await readiness(0)) === 'ok' || sender.attempts.length < 40) {
    const send = () => sender.send(id, `message ${sender.attempts.length}`);
    tookMs.push(await millisecondsOf(send));
  }
  expect(sender.attempts.every(({ outcome }) => outcome === 'acknowledged')).toBe(true);
  // Less than the half second that Redis gets to respond: a send does not depend on it.
  expect(medianOf(tookMs)).toBeLessThan(400);
  expect(Math.max(...tookMs)).toBeLessThan(10_000);
  const run = { conversationId: id, people: [ana, ben], devices: [near] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
  await fixture.instance.redis.start();
});

test('[fault 11: L, D, D11] after an outage of Redis with sends, everything is delivered automatically', async () => {
  const { ana, ben, id } = await fixture.pair();
  const { cleo } = await fixture.people.registerAll('cleo');
  const away = await fixture.people.direct(ana, cleo);
  const sender = await connected(ana.device());
  const devices = [await connected(ben.device()), await connected(ben.on(1).device())];
  await fixture.instance.redis.kill();
  await until('the outage is detected', async () => (await readiness(0)) === 'down');
  for (let i = 0; i < 40; i += 1) await sender.send(i % 2 === 0 ? id : away.id, `message ${i}`);
  await fixture.instance.redis.start();
  await until('the recovery is detected', async () => (await readiness(0)) === 'ok');
  await until('the offline user has a job', async () => {
    const jobs = await fixture.instance.redis.command('KEYS', `bull:message_delivery:${cleo.id}*`);
    return Array.isArray(jobs) && jobs.length > 0;
  });
  await sender.send(id, 'after');
  const attempts = sender.attempts.filter((one) => one.conversationId === id);
  const run = { conversationId: id, people: [ana, ben], devices };
  expect(await fixture.violations({ ...run, attempts })).toEqual([]);
  expect(devices.map((device) => device.repeats())).toEqual([0, 0]);
  const back = await connected(cleo.on(1).device());
  expect(back.wire(away.id)).toEqual(upTo(20));
});

test('[fault 12: D11] with Redis at maxmemory, sends are acknowledged, and readiness and metrics report it', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device());
  const listener = await connected(ben.on(1).device());
  await fixture.instance.redis.command('CONFIG', 'SET', 'maxmemory', '1');
  for (let i = 0; i < 20; i += 1) await sender.send(id, `message ${i}`);
  expect(sender.attempts.every(({ outcome }) => outcome === 'acknowledged')).toBe(true);
  await until('readiness reports it', async () => (await readiness(0)) === 'down');
  expect(await redisUp(0)).toBe(false);
  await fixture.instance.redis.command('CONFIG', 'SET', 'maxmemory', '0');
  await until('readiness reports the recovery', async () => (await readiness(0)) === 'ok');
  expect(await redisUp(0)).toBe(true);
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
  for (const index of [0, 1]) expect(fixture.server(index).program.isRunning()).toBe(true);
  for (const worker of fixture.workers()) expect(worker.program.isRunning()).toBe(true);
});
