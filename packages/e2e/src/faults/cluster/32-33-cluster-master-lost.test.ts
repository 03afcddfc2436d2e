import { type RedisServer, until } from '@chasqui/testkit';
import { type ClusterScene, openClusterScene, QUEUE, sendUntil } from '../clusterScene';
import { absentUsers } from '../crowd';
import { connected, upTo } from '../scene';

// Three masters without replicas: what one of them held is gone with it, and nobody helps.

let scene: ClusterScene;
beforeAll(async () => {
  scene = await openClusterScene({ env: { DELIVERY_BACKOFF_MS: '600000' } });
});
afterAll(() => scene.close());

test.each([
  ['the master of the queue', (): Promise<RedisServer> => scene.cluster.masterOf(QUEUE)],
  ['the first master', () => scene.cluster.masterOf('{s21}')],
  ['the last master', () => scene.cluster.masterOf('{s9}')],
])(
  '[fault 32: L, D, O, S, D5, D10, D11] %s dies with all it had and returns empty: nothing lost, nothing doubled',
  async (_which, choose) => {
    const { ana, ben, cleo } = await scene.people.registerAll('ana', 'ben', 'cleo');
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

    const master = await choose();
    await master.kill();
    await sendUntil(sender, id, async () => (await scene.readiness(0)) === 'degraded');
    expect(await scene.isWhole()).toBe(false);
    await sendUntil(sender, id, async () => sender.attempts.length > 20);
    await until('who is there is sent it meanwhile', () =>
      listener.wire(id).includes(sender.attempts.at(-1)?.message?.seq ?? -1),
    );
    await master.start();
    await sendUntil(sender, id, scene.isWhole);

    await until('the absent have jobs again', () => scene.haveJobs([cleo.id, ...others]));
    for (const [one, other] of [
      [ana, ben],
      [ben.on(1), ana],
    ] as const) {
      await until('who is there is seen as there', async () => {
        const { body: user } = await one.call('readUser', { params: { id: other.id } });
        return user.presence?.status === 'online';
      });
    }
    const back = await connected(cleo.on(1).device());
    const devices = [listener, back];
    const run = { conversationId: id, people: [ana, ben, cleo], devices };
    expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
    expect(devices.map((device) => device.repeats())).toEqual([0, 0]);
  },
  90_000,
);

test('[fault 33: D5] what waits in Redis for a recipient is the same, whether one message waits or a thousand', async () => {
  const { ana, ben, id } = await scene.pair();
  const sender = await connected(ana.device());
  const weigh = async (): Promise<{ keys: number; bytes: number }> => {
    const master = await scene.cluster.masterOf(QUEUE);
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
