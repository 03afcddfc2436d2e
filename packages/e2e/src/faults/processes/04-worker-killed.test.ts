import { until } from '@chasqui/testkit';
import { connected, openScene, type Scene } from '../scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ env: { DELIVERY_BACKOFF_MS: '200' } });
});
afterAll(() => scene.close());

test('[fault 4: L, D5] SIGKILL of the workers in the middle of a job, three times: the job comes back each time, and nothing is lost', async () => {
  const { ana, ben, id } = await scene.pair();
  const sender = await connected(ana.device());
  const attempts = async (): Promise<number> => {
    const [row] = await scene.instance.sql<{ attempts: number }>(
      'SELECT attempts FROM deliveries WHERE user_id = $1 AND dead_at IS NULL',
      [ben.id],
    );
    return row?.attempts ?? 0;
  };
  const held = (): boolean => scene.workers().some(({ postgres }) => postgres.held() > 0);

  for (const { postgres } of scene.workers()) postgres.hold('answers', 'claim_wakeup');
  for (let i = 0; i < 20; i += 1) await sender.send(id, `message ${i}`);
  for (let kills = 1; kills <= 3; kills += 1) {
    await until(`attempt ${kills} is at work`, async () => held() && (await attempts()) >= kills);
    await Promise.all(scene.workers().map(({ program }) => program.kill()));
    for (const { postgres } of scene.workers()) postgres.drop();
    if (kills === 3) for (const { postgres } of scene.workers()) postgres.release();
    await Promise.all(scene.workers().map((worker) => worker.restart()));
  }
  const before = await attempts();
  await until('it is tried again', async () => (await attempts()) > before);
  // Nothing was given up: neither by Bull nor by us.
  expect(await scene.instance.redis.command('ZCARD', 'bull:message_delivery:failed')).toBe(0);
  const back = await connected(ben.on(1).device());
  const run = { conversationId: id, people: [ana, ben], devices: [back] };
  expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
  expect(back.repeats()).toBe(0);
});
