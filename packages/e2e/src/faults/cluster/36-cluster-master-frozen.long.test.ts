import { connected, until } from '@chasqui/testkit';
import { type ClusterFixture, openClusterFixture, QUEUE, sendUntil } from '../clusterFixture';

// No replica takes over, and connections stay open without responses.

let fixture: ClusterFixture;
beforeAll(async () => {
  fixture = await openClusterFixture({});
});
afterAll(() => fixture.close());

test('[fault 36: L, D, D5, D11] with the master of the queue frozen for longer than a job lock, everything arrives and is shown once', async () => {
  const { ana, ben, id } = await fixture.pair();
  const { cleo } = await fixture.people.registerAll('cleo');
  const away = await fixture.people.direct(ana, cleo);
  const sender = await connected(ana.device());
  const listener = await connected(ben.on(1).device());
  await sender.send(away.id, 'for an offline user');
  await until('the cluster is healthy', fixture.isHealthy);
  const master = await fixture.cluster.masterOf(QUEUE);
  master.freeze();
  const frozenAt = performance.now();
  await sendUntil(sender, id, async () => (await fixture.readiness(0)) === 'degraded');
  await sendUntil(sender, id, () => Promise.resolve(performance.now() - frozenAt > 17_000));
  master.thaw();
  await sendUntil(sender, id, fixture.isHealthy);
  const attempts = sender.attempts.filter((one) => one.conversationId === id);
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await fixture.violations({ ...run, attempts })).toEqual([]);
  expect(listener.repeats()).toBe(0);
  const tried = async (): Promise<number> => {
    const [row] = await fixture.instance.sql<{ attempts: number }>(
      'SELECT attempts FROM deliveries WHERE user_id = $1',
      [cleo.id],
    );
    return row?.attempts ?? 0;
  };
  const before = await tried();
  await until('the offline user is tried again', async () => (await tried()) > before);
  const back = await connected(cleo.on(1).device());
  expect(back.wire(away.id)).toEqual([1]);
});
