import { until } from '@chasqui/testkit';
import { connected, openScene, type Scene } from '../scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

test('[fault 42: D7] SIGKILL of the workers between an expiry and telling of it: live devices get their tombstones all the same', async () => {
  const { instance } = scene;
  const { ana, ben, id } = await scene.pair();
  const live = await connected(ben.on(1).device());
  const COUNT = 50;
  for (let i = 0; i < COUNT; i += 1) await ana.send(id, `secret ${i}`);
  const shown = (): (string | null)[] =>
    live
      .entries(id)
      .filter(({ kind }) => kind === 'message')
      .map(({ content_encrypted: content }) => content);
  await until('they have come', () => shown().length === COUNT);

  // The statement with which telling begins: what it is to tell of is committed by then, and written down.
  for (const { postgres } of scene.workers()) postgres.hold('requests', 'FROM tombstone_news');
  await instance.sql(
    `UPDATE messages SET created_at = created_at - interval '1 hour' WHERE conversation_id = $1`,
    [id],
  );
  const body = { retention_s: 60, apply_to_history: true };
  for (const one of [ana, ben]) await one.call('renameConversation', { params: { id }, body });
  const untold = async (): Promise<number> =>
    (await instance.sql('SELECT FROM tombstone_news')).length;
  await until('a worker is about to tell', async () => {
    return (await untold()) > 0 && scene.workers().some(({ postgres }) => postgres.held() > 0);
  });
  await Promise.all(scene.workers().map(({ program }) => program.kill()));
  for (const { postgres } of scene.workers()) {
    postgres.drop();
    postgres.release();
  }
  expect(await untold()).toBeGreaterThan(0);
  expect(shown()).not.toContain(null);

  await Promise.all(scene.workers().map((worker) => worker.restart()));
  await until('the device shows tombstones', () => shown().every((content) => content === null));
  expect(shown()).toHaveLength(COUNT);
  await until('nothing is left to tell', async () => (await untold()) === 0);
  expect(live.violations).toEqual([]);
}, 60_000);
