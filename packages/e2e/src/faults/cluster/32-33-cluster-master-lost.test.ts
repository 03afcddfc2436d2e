import { connected, type RedisServer, until } from '@chasqui/testkit';
import { type ClusterFixture, openClusterFixture, QUEUE, sendUntil } from '../clusterFixture';
import { absentUsers } from '../absentUsers';
import { upTo } from '../faultFixture';

// Three masters without replicas: a killed master's data is lost. Recovery is automatic.

let fixture: ClusterFixture;
beforeAll(async () => {
  fixture = await openClusterFixture({ env: { DELIVERY_BACKOFF_MS: '600000' } });
});
afterAll(() => fixture.close());

test.each([
  ['the master of the queue', (): Promise<RedisServer> => fixture.cluster.masterOf(QUEUE)],
  ['the first master', () => fixture.cluster.masterOf('{s21}')],
  ['the last master', () => fixture.cluster.masterOf('{s9}')],
])(
  '[fault 32: L, D, O, S, D5, D10, D11] nothing is lost or duplicated when %s loses all data and returns empty',
  async (_which, choose) => {
    const { ana, ben, cleo } = await fixture.people.registerAll('ana', 'ben', 'cleo');
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

    const master = await choose();
    await master.kill();
    await sendUntil(sender, id, async () => (await fixture.readiness(0)) === 'degraded');
    expect(await fixture.isHealthy()).toBe(false);
    await sendUntil(sender, id, async () => sender.attempts.length > 20);
    await until('connected users keep receiving', () =>
      listener.wire(id).includes(sender.attempts.at(-1)?.message?.seq ?? -1),
    );
    await master.start();
    await sendUntil(sender, id, fixture.isHealthy);

    await until('absent users have jobs again', () => fixture.haveJobs([cleo.id, ...others]));
    for (const [one, other] of [
      [ana, ben],
      [ben.on(1), ana],
    ] as const) {
      await until('connected users are shown as online', async () => {
        const { body: user } = await one.call('readUser', { params: { id: other.id } });
        return user.presence?.status === 'online';
      });
    }
    const back = await connected(cleo.on(1).device());
    const devices = [listener, back];
    const run = { conversationId: id, people: [ana, ben, cleo], devices };
    expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
    expect(devices.map((device) => device.repeats())).toEqual([0, 0]);
  },
  90_000,
);

test('[fault 33: D5] a recipient has the same single job for one waiting message as for a thousand', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device());
  const weigh = async (): Promise<{ keys: number; bytes: number }> => {
    const master = await fixture.cluster.masterOf(QUEUE);
    const keys = await master.command('KEYS', `${QUEUE}:${ben.id}*`);
    const sizes = await Promise.all(
      (Array.isArray(keys) ? keys : []).map((key) =>
        master.command('MEMORY', 'USAGE', String(key)),
      ),
    );
    return {
      keys: sizes.length,
      bytes: sizes.reduce<number>((sum, size) => sum + Number(size), 0),
    };
  };
  await sender.send(id, 'first');
  await until('there is a job', async () => (await weigh()).keys > 0);
  const one = await weigh();
  for (const batch of upTo(10)) {
    await Promise.all(upTo(100).map((i) => sender.send(id, `message ${batch} ${i}`)));
  }
  expect(one.keys).toBe(1);
  expect(await weigh()).toEqual(one);
});
