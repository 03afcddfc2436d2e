import { until } from '@chasqui/testkit';
import { connected, openScene, type Scene } from '../scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

test('[fault 13: D11] Redis down for 20 s, with broadcasts all the while: every process lives, and all is made good', async () => {
  const { ana, ben, id } = await scene.pair();
  const sender = await connected(ana.device());
  const devices = [await connected(ben.device()), await connected(ben.on(1).device())];
  const pids = [0, 1].flatMap((i) => [scene.server(i).program.pid, scene.worker(i).program.pid]);
  await scene.instance.redis.kill();
  const downAt = performance.now();
  while (performance.now() - downAt < 20_000) {
    await sender.send(id, `message ${sender.attempts.length}`);
    await sender.ask('chat:typing', { conversationId: id, isTyping: true });
    await ana.call('createGroup', { body: { title: 'a broadcast', participant_ids: [ben.id] } });
  }
  await scene.instance.redis.start();
  const groups = sender.attempts.length;
  expect(groups).toBeGreaterThan(50);
  await until('all groups are known everywhere', () =>
    devices.every((device) => device.received('conversation:created').length >= groups),
  );
  const alive = [0, 1].flatMap((i) => [scene.server(i).program, scene.worker(i).program]);
  expect(alive.map((program) => program.isRunning() && program.pid)).toEqual(pids);
  const run = { conversationId: id, people: [ana, ben], devices };
  expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
});
