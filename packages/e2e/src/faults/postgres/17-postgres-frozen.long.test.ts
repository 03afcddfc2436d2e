import { until } from '@chasqui/testkit';
import { connected, openScene, type Scene, sendSurely } from '../scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

test('[fault 17: D1, U] SIGSTOP of PostgreSQL for 30 s: bounded, clear errors, no false acknowledgement', async () => {
  const { ana, ben, id } = await scene.pair();
  const senders = [await connected(ana.device()), await connected(ana.on(1).device())];
  const listener = await connected(ben.on(1).device());
  for (const sender of senders) await sender.send(id, 'before');
  scene.postgres.freeze();
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

  scene.postgres.thaw();
  for (const { clientMessageId } of during) {
    const index = senders.findIndex(({ attempts }) =>
      attempts.some((one) => one.clientMessageId === clientMessageId),
    );
    const sender = senders[index];
    if (sender === undefined) throw new Error('nobody sent it');
    const again = await sendSurely(sender, id, `frozen ${index}`, { clientMessageId });
    expect(again.outcome).toBe('acknowledged');
  }
  await until('the instance is ready', async () => {
    const response = await fetch(`${scene.instance.url()}/readyz`);
    return response.status === 200;
  });
  const attempts = senders.flatMap((sender) => sender.attempts);
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await scene.verdict({ ...run, attempts })).toEqual([]);
});
