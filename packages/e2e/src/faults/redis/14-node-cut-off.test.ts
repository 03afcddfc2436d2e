import { until } from '@chasqui/testkit';
import { figuresOf } from '../figures';
import { connected, openScene, type Scene } from '../scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

const busConnected = async (index: number): Promise<boolean> =>
  (await figuresOf(scene.instance.url(index)))('chasqui_bus_connected') === 1;

test('[fault 14: L, D9] a node cut off from Redis: what is sent elsewhere arrives there, and nothing reaches who was removed', async () => {
  const { ana, ben, cleo } = await scene.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await scene.people.group(ana, ben, cleo);
  const sender = await connected(ana.device());
  const staying = await connected(ben.on(1).device());
  const removed = await connected(cleo.on(1).device());
  await sender.send(id, 'to all three');
  await until('both have it', () => [staying, removed].every((one) => one.wire(id).includes(2)));
  const { redis } = scene.server(1);
  redis.cut();
  await sender.send(id, 'while the cut is not yet known');
  await ana.call('removeParticipant', { params: { id, userId: cleo.id } });
  const secret = await sender.send(id, 'after the removal');
  await until('the cut is known', async () => !(await busConnected(1)));
  await sender.send(id, 'while the cut is known');
  const answered = removed.ask('chat:message_send', { conversationId: id, contentEncrypted: 'x' });
  expect(await answered).toMatchObject({ success: false, error: { name: 'NotFoundError' } });
  expect((await cleo.on(1).refused('readHistory', { params: { conversationId: id } })).status).toBe(
    404,
  );
  redis.heal();
  await until('it is back', async () => await busConnected(1));
  await until('the removed one is told', () => removed.received('conversation:removed').length > 0);
  await sender.send(id, 'after healing');
  const run = { conversationId: id, people: [ana, ben], devices: [staying] };
  expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
  const lastSeen = removed.entries(id).at(-1)?.seq ?? 0;
  expect(lastSeen).toBeLessThan(secret.message?.seq ?? 0);
  expect(removed.violations).toEqual([]);
});
