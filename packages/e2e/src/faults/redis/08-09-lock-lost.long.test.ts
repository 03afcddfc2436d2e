import { connected, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

const attemptsFor = async (userId: string): Promise<number> => {
  const [row] = await fixture.instance.sql<{ attempts: number }>(
    'SELECT attempts FROM deliveries WHERE user_id = $1 AND dead_at IS NULL',
    [userId],
  );
  return row?.attempts ?? 0;
};

test('[fault 8: D, L] when a running job loses its lock, it may run twice, but everything is shown once', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device());
  for (const { postgres } of fixture.workers()) postgres.hold('answers', 'claim_wakeup');
  for (let i = 0; i < 10; i += 1) await sender.send(id, `message ${i}`);
  await until('a job is running', () =>
    fixture.workers().some(({ postgres }) => postgres.held() > 0),
  );
  const { command } = fixture.instance.redis;
  const active = await command('LRANGE', 'bull:message_delivery:active', 0, -1);
  const jobIds = Array.isArray(active) ? active.map(String) : [];
  expect(jobIds.length).toBeGreaterThan(0);
  for (const jobId of jobIds) await command('SET', `bull:message_delivery:${jobId}:lock`, 'taken');
  for (const { postgres } of fixture.workers()) postgres.release();
  const before = await attemptsFor(ben.id);
  await until('the delivery is tried again', async () => (await attemptsFor(ben.id)) > before);
  for (const jobId of jobIds) await command('DEL', `bull:message_delivery:${jobId}:lock`);
  for (const { program } of fixture.workers()) expect(program.isRunning()).toBe(true);
  const back = await connected(ben.on(1).device());
  const run = { conversationId: id, people: [ana, ben], devices: [back] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
  expect(back.repeats()).toBe(0);
});

test('[fault 9: L] workers that are silently cut off from Redis reconnect automatically', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device());
  await sender.send(id, 'before');
  await until('the delivery is tried', async () => (await attemptsFor(ben.id)) > 0);
  for (const { redis } of fixture.workers()) redis.cut();
  const cutAt = performance.now();
  const before = await attemptsFor(ben.id);
  await sender.send(id, 'after');
  for (const { redis } of fixture.workers()) redis.heal();
  // One attempt may have been in flight at the cut, so it proves nothing.
  await until('the workers run jobs again', async () => (await attemptsFor(ben.id)) > before + 1);
  expect(performance.now() - cutAt).toBeLessThan(35_000);
  const back = await connected(ben.on(1).device());
  const run = { conversationId: id, people: [ana, ben], devices: [back] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
});
