import { until } from '@chasqui/testkit';
import { connected, openScene, type Scene } from '../scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

const attemptsFor = async (userId: string): Promise<number> => {
  const [row] = await scene.instance.sql<{ attempts: number }>(
    'SELECT attempts FROM deliveries WHERE user_id = $1 AND dead_at IS NULL',
    [userId],
  );
  return row?.attempts ?? 0;
};

test('[fault 8: D, L] the lock of a job is lost while it is at work: it may run twice, and everything is shown once', async () => {
  const { ana, ben, id } = await scene.pair();
  const sender = await connected(ana.device());
  for (const { postgres } of scene.workers()) postgres.hold('answers', 'claim_wakeup');
  for (let i = 0; i < 10; i += 1) await sender.send(id, `message ${i}`);
  await until('a job is at work', () =>
    scene.workers().some(({ postgres }) => postgres.held() > 0),
  );
  const { command } = scene.instance.redis;
  const active = await command('LRANGE', 'bull:message_delivery:active', 0, -1);
  const jobIds = Array.isArray(active) ? active.map(String) : [];
  expect(jobIds.length).toBeGreaterThan(0);
  for (const jobId of jobIds) await command('SET', `bull:message_delivery:${jobId}:lock`, 'taken');
  for (const { postgres } of scene.workers()) postgres.release();
  const before = await attemptsFor(ben.id);
  await until('it is tried again', async () => (await attemptsFor(ben.id)) > before);
  for (const jobId of jobIds) await command('DEL', `bull:message_delivery:${jobId}:lock`);
  for (const { program } of scene.workers()) expect(program.isRunning()).toBe(true);
  const back = await connected(ben.on(1).device());
  const run = { conversationId: id, people: [ana, ben], devices: [back] };
  expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
  expect(back.repeats()).toBe(0);
});

test('[fault 9: L] workers and Redis are silently disconnected: the workers reconnect', async () => {
  const { ana, ben, id } = await scene.pair();
  const sender = await connected(ana.device());
  await sender.send(id, 'before');
  await until('it is tried', async () => (await attemptsFor(ben.id)) > 0);
  for (const { redis } of scene.workers()) redis.cut();
  const cutAt = performance.now();
  const before = await attemptsFor(ben.id);
  await sender.send(id, 'after');
  for (const { redis } of scene.workers()) redis.heal();
  // One that was on its way when the wire was cut is no proof.
  await until('they are at it again', async () => (await attemptsFor(ben.id)) > before + 1);
  expect(performance.now() - cutAt).toBeLessThan(35_000);
  const back = await connected(ben.on(1).device());
  const run = { conversationId: id, people: [ana, ben], devices: [back] };
  expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
});
