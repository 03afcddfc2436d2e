import { connected, until } from '@chasqui/testkit';
import { metricsOf } from '../metrics';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

const busConnected = async (index: number): Promise<boolean> =>
  (await metricsOf(fixture.instance.url(index)))('chasqui_bus_connected') === 1;

test('[fault 14: L, D9] a node cut off from Redis delivers messages of other nodes, and nothing to a removed user', async () => {
  const { ana, ben, cleo } = await fixture.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await fixture.people.group(ana, ben, cleo);
  const sender = await connected(ana.device());
  const staying = await connected(ben.on(1).device());
  const removed = await connected(cleo.on(1).device());
  await sender.send(id, 'to all three');
  await until('both have the message', () =>
    [staying, removed].every((one) => one.wire(id).includes(2)),
  );
  const { redis } = fixture.server(1);
  redis.cut();
  await sender.send(id, 'before the cut is detected');
  await ana.call('removeParticipant', { params: { id, userId: cleo.id } });
  const secret = await sender.send(id, 'after the removal');
  await until('the cut is detected', async () => !(await busConnected(1)));
  await sender.send(id, 'after the cut is detected');
  const answered = removed.ask('chat:message_send', { conversationId: id, contentEncrypted: 'x' });
  expect(await answered).toMatchObject({ success: false, error: { name: 'NotFoundError' } });
  expect((await cleo.on(1).refused('readHistory', { params: { conversationId: id } })).status).toBe(
    404,
  );
  redis.heal();
  await until('the node is connected again', async () => await busConnected(1));
  await until(
    'the removed device is notified',
    () => removed.received('conversation:removed').length > 0,
  );
  await sender.send(id, 'after healing');
  const run = { conversationId: id, people: [ana, ben], devices: [staying] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
  const lastSeen = removed.entries(id).at(-1)?.seq ?? 0;
  expect(lastSeen).toBeLessThan(secret.message?.seq ?? 0);
  expect(removed.violations).toEqual([]);
});
