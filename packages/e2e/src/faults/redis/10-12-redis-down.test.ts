import { createRestClient, medianOf, millisecondsOf, until } from '@chasqui/testkit';
import { figuresOf } from '../figures';
import { connected, openScene, type Scene, upTo } from '../scene';

// D11: Redis is the alarm clock, and nobody who writes waits for an alarm clock.

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

const readiness = async (node: number): Promise<string> =>
  (await createRestClient(scene.instance.url(node)).call('readReadiness')).body.redis;
const redisUp = async (node: number): Promise<boolean> =>
  (await figuresOf(scene.instance.url(node)))('chasqui_redis_up') === 1;

test('[fault 10: D11] Redis down: sends are acknowledged in time and arrive on the same node live', async () => {
  const { ana, ben, id } = await scene.pair();
  const sender = await connected(ana.device());
  const near = await connected(ben.device());
  await scene.instance.redis.kill();
  const tookMs: number[] = [];
  // Both while it is not yet known and after.
  while ((await readiness(0)) === 'ok' || sender.attempts.length < 40) {
    const send = () => sender.send(id, `message ${sender.attempts.length}`);
    tookMs.push(await millisecondsOf(send));
  }
  expect(sender.attempts.every(({ outcome }) => outcome === 'acknowledged')).toBe(true);
  // Not even the half second that Redis is given: a send asks it nothing.
  expect(medianOf(tookMs)).toBeLessThan(400);
  expect(Math.max(...tookMs)).toBeLessThan(10_000);
  const run = { conversationId: id, people: [ana, ben], devices: [near] };
  expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
  await scene.instance.redis.start();
});

test('[fault 11: L, D, D11] Redis back after an outage with sends: everything is delivered without anyone’s help', async () => {
  const { ana, ben, id } = await scene.pair();
  const { cleo } = await scene.people.registerAll('cleo');
  const away = await scene.people.direct(ana, cleo);
  const sender = await connected(ana.device());
  const devices = [await connected(ben.device()), await connected(ben.on(1).device())];
  await scene.instance.redis.kill();
  await until('it is known', async () => (await readiness(0)) === 'down');
  for (let i = 0; i < 40; i += 1) await sender.send(i % 2 === 0 ? id : away.id, `message ${i}`);
  await scene.instance.redis.start();
  await until('it is known again', async () => (await readiness(0)) === 'ok');
  await until('the offline recipient has a job', async () => {
    const jobs = await scene.instance.redis.command('KEYS', `bull:message_delivery:${cleo.id}*`);
    return Array.isArray(jobs) && jobs.length > 0;
  });
  await sender.send(id, 'after');
  const attempts = sender.attempts.filter((one) => one.conversationId === id);
  const run = { conversationId: id, people: [ana, ben], devices };
  expect(await scene.verdict({ ...run, attempts })).toEqual([]);
  expect(devices.map((device) => device.repeats())).toEqual([0, 0]);
  const back = await connected(cleo.on(1).device());
  expect(back.wire(away.id)).toEqual(upTo(20));
});

test('[fault 12: D11] Redis at maxmemory: sends are acknowledged, and readiness and metrics say so', async () => {
  const { ana, ben, id } = await scene.pair();
  const sender = await connected(ana.device());
  const listener = await connected(ben.on(1).device());
  await scene.instance.redis.command('CONFIG', 'SET', 'maxmemory', '1');
  for (let i = 0; i < 20; i += 1) await sender.send(id, `message ${i}`);
  expect(sender.attempts.every(({ outcome }) => outcome === 'acknowledged')).toBe(true);
  await until('readiness says so', async () => (await readiness(0)) === 'down');
  expect(await redisUp(0)).toBe(false);
  await scene.instance.redis.command('CONFIG', 'SET', 'maxmemory', '0');
  await until('readiness says otherwise', async () => (await readiness(0)) === 'ok');
  expect(await redisUp(0)).toBe(true);
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
  for (const index of [0, 1]) expect(scene.server(index).program.isRunning()).toBe(true);
  for (const worker of scene.workers()) expect(worker.program.isRunning()).toBe(true);
});
