import { connected, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

test('[fault 13: D11] with Redis down for 20 s during broadcasts, every process survives and everything is recovered', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device());
  const devices = [await connected(ben.device()), await connected(ben.on(1).device())];
  const pids = [0, 1].flatMap((i) => [
    fixture.server(i).program.pid,
    fixture.worker(i).program.pid,
  ]);
  await fixture.instance.redis.kill();
  const downAt = performance.now();
  while (performance.now() - downAt < 20_000) {
    await sender.send(id, `message ${sender.attempts.length}`);
    await sender.ask('chat:typing', { conversationId: id, isTyping: true });
    await ana.call('createGroup', { body: { title: 'a broadcast', participant_ids: [ben.id] } });
  }
  await fixture.instance.redis.start();
  const groups = sender.attempts.length;
  expect(groups).toBeGreaterThan(50);
  await until('every device has every group', () =>
    devices.every((device) => device.received('conversation:created').length >= groups),
  );
  const alive = [0, 1].flatMap((i) => [fixture.server(i).program, fixture.worker(i).program]);
  expect(alive.map((program) => program.isRunning() && program.pid)).toEqual(pids);
  const run = { conversationId: id, people: [ana, ben], devices };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
});
