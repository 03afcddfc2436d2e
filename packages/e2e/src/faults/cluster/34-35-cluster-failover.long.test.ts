import { connected, until } from '@chasqui/testkit';
import { type ClusterFixture, openClusterFixture, QUEUE, sendUntil } from '../clusterFixture';
import { absentUsers } from '../absentUsers';

// Three masters with one replica each, which takes over when its master does not respond for a second or two.

let fixture: ClusterFixture;
beforeEach(async () => {
  fixture = await openClusterFixture({ replicas: true, env: { DELIVERY_BACKOFF_MS: '600000' } });
});
afterEach(() => fixture.close());

test.each([
  [34, 'killed permanently'],
  [35, 'frozen and returns as a replica'],
])(
  '[fault %i: L, D, O, S, D5, D10, D11] the replica takes over automatically when the master of the queue is %s',
  async (_number, fate) => {
    const { cluster } = fixture;
    const { ana, ben, cleo, dora } = await fixture.people.registerAll('ana', 'ben', 'cleo', 'dora');
    const others = await absentUsers(fixture.instance, 20);
    const { body } = await ana.call('createGroup', {
      body: { title: 'a large group', participant_ids: [ben.id, cleo.id, ...others] },
    });
    const { id } = body;
    const sender = await connected(ana.device());
    const listener = await connected(ben.on(1).device());
    await sender.send(id, 'first');
    await until('absent users have jobs', () => fixture.haveJobs([cleo.id, ...others]));
    await until('the cluster is healthy', fixture.isHealthy);

    const master = await cluster.masterOf(QUEUE);
    if (fate === 'killed permanently') await master.kill();
    else master.freeze();
    await sendUntil(sender, id, async () => (await fixture.readiness(0)) === 'degraded');
    await sendUntil(sender, id, async () => (await cluster.masterOf(QUEUE, master)) !== master);
    await sendUntil(sender, id, fixture.isHealthy);
    master.thaw();
    await sendUntil(sender, id, fixture.isHealthy);

    const away = await fixture.people.direct(ana, dora);
    await sender.send(away.id, 'for another offline user');
    await until('absent users have jobs on the new master', () =>
      fixture.haveJobs([cleo.id, dora.id, ...others]),
    );
    await until('ben is shown as online', async () => {
      const { body: user } = await ana.call('readUser', { params: { id: ben.id } });
      return user.presence?.status === 'online';
    });
    const back = await connected(cleo.on(1).device());
    const devices = [listener, back];
    const attempts = sender.attempts.filter((one) => one.conversationId === id);
    const run = { conversationId: id, people: [ana, ben, cleo], devices };
    expect(await fixture.violations({ ...run, attempts })).toEqual([]);
    expect(devices.map((device) => device.repeats())).toEqual([0, 0]);
  },
  120_000,
);
