import { connected, sendUntilAcknowledged, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

test('[fault 17: D1, U] with PostgreSQL frozen for 30 s, errors are clear and timely, and no acknowledgement is false', async () => {
  const { ana, ben, id } = await fixture.pair();
  const senders = [await connected(ana.device()), await connected(ana.on(1).device())];
  const listener = await connected(ben.on(1).device());
  for (const sender of senders) await sender.send(id, 'before');
  fixture.postgres.freeze();
  const frozenAt = performance.now();
  const slowest = { socket: 0, rest: 0 };
  const timed = async (kind: keyof typeof slowest, work: Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await work;
    slowest[kind] = Math.max(slowest[kind], performance.now() - began);
  };
  while (performance.now() - frozenAt < 30_000) {
    await Promise.all([
      ...senders.map((sender, i) => timed('socket', sender.send(id, `frozen ${i}`))),
      timed(
        'rest',
        ana.refused('readConversation', { params: { id } }).then(({ name }) => {
          expect(name).toBe('UnavailableError');
        }),
      ),
    ]);
  }
  const during = senders.flatMap(({ attempts }) => attempts.slice(1));
  expect(during.length).toBeGreaterThan(4);
  for (const { outcome, error } of during) {
    expect([outcome, error?.name]).toEqual(['unknown', 'UnavailableError']);
  }
  expect(slowest.socket).toBeLessThan(10_500);
  expect(slowest.rest).toBeLessThan(12_000);

  fixture.postgres.thaw();
  for (const { clientMessageId } of during) {
    const index = senders.findIndex(({ attempts }) =>
      attempts.some((one) => one.clientMessageId === clientMessageId),
    );
    const sender = senders[index];
    if (sender === undefined) throw new Error('no sender found');
    const again = await sendUntilAcknowledged(sender, id, `frozen ${index}`, { clientMessageId });
    expect(again.outcome).toBe('acknowledged');
  }
  await until('the instance is ready', async () => {
    const response = await fetch(`${fixture.instance.url()}/readyz`);
    return response.status === 200;
  });
  const attempts = senders.flatMap((sender) => sender.attempts);
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await fixture.violations({ ...run, attempts })).toEqual([]);
});
