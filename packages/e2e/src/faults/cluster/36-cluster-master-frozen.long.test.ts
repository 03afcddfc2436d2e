import { until } from '@chasqui/testkit';
import { type ClusterScene, openClusterScene, QUEUE, sendUntil } from '../clusterScene';
import { connected } from '../scene';

// Nobody takes over, and connections stay: nothing but silence.

let scene: ClusterScene;
beforeAll(async () => {
  scene = await openClusterScene({});
});
afterAll(() => scene.close());

test('[fault 36: L, D, D5, D11] SIGSTOP of the master of the queue for longer than the lock of a job: everything arrives, and is shown once', async () => {
  const { ana, ben, id } = await scene.pair();
  const { cleo } = await scene.people.registerAll('cleo');
  const away = await scene.people.direct(ana, cleo);
  const sender = await connected(ana.device());
  const listener = await connected(ben.on(1).device());
  await sender.send(away.id, 'for an offline recipient');
  await until('it is whole', scene.isWhole);
  const master = await scene.cluster.masterOf(QUEUE);
  master.freeze();
  const frozenAt = performance.now();
  await sendUntil(sender, id, async () => (await scene.readiness(0)) === 'degraded');
  await sendUntil(sender, id, () => Promise.resolve(performance.now() - frozenAt > 17_000));
  master.thaw();
  await sendUntil(sender, id, scene.isWhole);
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
