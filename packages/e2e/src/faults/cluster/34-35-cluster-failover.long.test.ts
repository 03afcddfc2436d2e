import { until } from '@chasqui/testkit';
import { type ClusterScene, openClusterScene, QUEUE, sendUntil } from '../clusterScene';
import { absentUsers } from '../crowd';
import { connected } from '../scene';

// Three masters with a replica each, which takes over when its master is silent for a second or two.

let scene: ClusterScene;
beforeEach(async () => {
  scene = await openClusterScene({ replicas: true, env: { DELIVERY_BACKOFF_MS: '600000' } });
});
afterEach(() => scene.close());

test.each([
  [34, 'killed for good'],
  [35, 'frozen, and back when nobody needs it'],
])(
  '[fault %i: L, D, O, S, D5, D10, D11] the master of the queue is %s: its replica takes over and nobody helps',
  async (_number, fate) => {
    const { cluster } = scene;
    const { ana, ben, cleo, dora } = await scene.people.registerAll('ana', 'ben', 'cleo', 'dora');
    const others = await absentUsers(scene.instance, 20);
    const { body } = await ana.call('createGroup', {
      body: { title: 'a crowd', participant_ids: [ben.id, cleo.id, ...others] },
    });
    const { id } = body;
    const sender = await connected(ana.device());
    const listener = await connected(ben.on(1).device());
    await sender.send(id, 'first');
    await until('the absent have jobs', () => scene.haveJobs([cleo.id, ...others]));
    await until('it is whole', scene.isWhole);

    const master = await cluster.masterOf(QUEUE);
    if (fate === 'killed for good') await master.kill();
    else master.freeze();
    await sendUntil(sender, id, async () => (await scene.readiness(0)) === 'degraded');
    await sendUntil(sender, id, async () => (await cluster.masterOf(QUEUE, master)) !== master);
    await sendUntil(sender, id, scene.isWhole);
    master.thaw();
    await sendUntil(sender, id, scene.isWhole);

    const away = await scene.people.direct(ana, dora);
    await sender.send(away.id, 'for one more who is away');
    await until('the absent have jobs with the new master', () =>
      scene.haveJobs([cleo.id, dora.id, ...others]),
    );
    await until('ben is seen as there', async () => {
      const { body: user } = await ana.call('readUser', { params: { id: ben.id } });
      return user.presence?.status === 'online';
    });
    const back = await connected(cleo.on(1).device());
    const devices = [listener, back];
    const attempts = sender.attempts.filter((one) => one.conversationId === id);
    const run = { conversationId: id, people: [ana, ben, cleo], devices };
    expect(await scene.verdict({ ...run, attempts })).toEqual([]);
    expect(devices.map((device) => device.repeats())).toEqual([0, 0]);
  },
  120_000,
);
