import { connected, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture({ env: { DELIVERY_BACKOFF_MS: '200' } });
});
afterAll(() => fixture.close());

test('[fault 4: L, D5] a job survives three kills of the workers that run it, and nothing is lost', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device());
  const attempts = async (): Promise<number> => {
    const [row] = await fixture.instance.sql<{ attempts: number }>(
      'SELECT attempts FROM deliveries WHERE user_id = $1 AND dead_at IS NULL',
      [ben.id],
    );
    return row?.attempts ?? 0;
  };
  const held = (): boolean => fixture.workers().some(({ postgres }) => postgres.held() > 0);

  for (const { postgres } of fixture.workers()) postgres.hold('answers', 'claim_wakeup');
  for (let i = 0; i < 20; i += 1) await sender.send(id, `message ${i}`);
  for (let kills = 1; kills <= 3; kills += 1) {
    await until(`attempt ${kills} is running`, async () => held() && (await attempts()) >= kills);
    await Promise.all(fixture.workers().map(({ program }) => program.kill()));
    for (const { postgres } of fixture.workers()) postgres.drop();
    if (kills === 3) for (const { postgres } of fixture.workers()) postgres.release();
    await Promise.all(fixture.workers().map((worker) => worker.restart()));
  }
  const before = await attempts();
  await until('the delivery is tried again', async () => (await attempts()) > before);
  // Neither Bull nor our worker gave up.
  expect(await fixture.instance.redis.command('ZCARD', 'bull:message_delivery:failed')).toBe(0);
  const back = await connected(ben.on(1).device());
  const run = { conversationId: id, people: [ana, ben], devices: [back] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
  expect(back.repeats()).toBe(0);
});
