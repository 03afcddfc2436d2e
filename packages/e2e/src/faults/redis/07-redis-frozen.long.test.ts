import { connected, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

test('[fault 7: L, D] with Redis frozen for longer than a job lock, everything arrives and is shown once', async () => {
  const { ana, ben, id } = await fixture.pair();
  const { cleo } = await fixture.people.registerAll('cleo');
  const away = await fixture.people.direct(ana, cleo);
  const sender = await connected(ana.device());
  const listener = await connected(ben.on(1).device());
  for (const { postgres } of fixture.workers()) postgres.hold('answers', 'claim_wakeup');
  await sender.send(away.id, 'for an offline user');
  await until('a job is running', () =>
    fixture.workers().some(({ postgres }) => postgres.held() > 0),
  );
  fixture.instance.redis.freeze();
  const frozenAt = performance.now();
  for (const { postgres } of fixture.workers()) postgres.release();
  while (performance.now() - frozenAt < 17_000) {
    await sender.send(id, `message ${sender.attempts.length}`);
    await ana.conversation(id);
  }
  fixture.instance.redis.thaw();
  expect(sender.attempts.every(({ outcome }) => outcome === 'acknowledged')).toBe(true);
  const attempts = sender.attempts.filter((one) => one.conversationId === id);
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await fixture.violations({ ...run, attempts })).toEqual([]);
  expect(listener.repeats()).toBe(0);
  const tried = async (): Promise<number> => {
    const [row] = await fixture.instance.sql<{ attempts: number }>(
      'SELECT attempts FROM deliveries WHERE user_id = $1',
      [cleo.id],
    );
    return row?.attempts ?? 0;
  };
  const before = await tried();
  await until('the offline user is tried again', async () => (await tried()) > before);
  const back = await connected(cleo.on(1).device());
  expect(back.wire(away.id)).toEqual([1]);
});
