import { until } from '@chasqui/testkit';
import { connected, openScene, type Scene } from '../scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

test('[fault 7: L, D] SIGSTOP of Redis for longer than the lock of a job: everything arrives, and is shown once', async () => {
  const { ana, ben, id } = await scene.pair();
  const { cleo } = await scene.people.registerAll('cleo');
  const away = await scene.people.direct(ana, cleo);
  const sender = await connected(ana.device());
  const listener = await connected(ben.on(1).device());
  for (const { postgres } of scene.workers()) postgres.hold('answers', 'claim_wakeup');
  await sender.send(away.id, 'for an offline recipient');
  await until('a job is at work', () =>
    scene.workers().some(({ postgres }) => postgres.held() > 0),
  );
  scene.instance.redis.freeze();
  const frozenAt = performance.now();
  for (const { postgres } of scene.workers()) postgres.release();
  while (performance.now() - frozenAt < 17_000) {
    await sender.send(id, `message ${sender.attempts.length}`);
    await ana.conversation(id);
  }
  scene.instance.redis.thaw();
  expect(sender.attempts.every(({ outcome }) => outcome === 'acknowledged')).toBe(true);
  const attempts = sender.attempts.filter((one) => one.conversationId === id);
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await scene.verdict({ ...run, attempts })).toEqual([]);
  expect(listener.repeats()).toBe(0);
  const tried = async (): Promise<number> => {
    const [row] = await scene.instance.sql<{ attempts: number }>(
      'SELECT attempts FROM deliveries WHERE user_id = $1',
      [cleo.id],
    );
    return row?.attempts ?? 0;
  };
  const before = await tried();
  await until('who is away is tried again', async () => (await tried()) > before);
  const back = await connected(cleo.on(1).device());
  expect(back.wire(away.id)).toEqual([1]);
});
