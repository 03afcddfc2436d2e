import { randomUUID } from 'node:crypto';
import { type Device, until } from '@chasqui/testkit';
import { connected, openScene, type Scene, sendSurely, upTo } from '../scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

/** Sends one after the other until told to stop, each until it is answered. */
function sendOn(device: Device, id: string): { stop(): Promise<void> } {
  let stopped = false;
  const done = (async () => {
    while (!stopped) await sendSurely(device, id, `message of ${device.deviceId}`);
  })();
  return {
    async stop() {
      stopped = true;
      await done;
    },
  };
}

const acknowledged = (device: Device): number =>
  device.attempts.filter(({ outcome }) => outcome === 'acknowledged').length;

test('[fault 15: U, L, O] PostgreSQL is killed and restarted during sends: the pools recover', async () => {
  const { ana, ben, id } = await scene.pair();
  const devices = [ana.device(), ana.on(1).device(), ben.device(), ben.on(1).device()];
  const listeners = [await connected(ben.device()), await connected(ana.on(1).device())];
  for (const device of devices) await connected(device);
  const sends = devices.map((device) => sendOn(device, id));
  await until('all are at it', () => devices.every((device) => acknowledged(device) > 20));
  await scene.postgres.kill();
  await until('somebody notices', () =>
    devices.every(({ attempts }) => attempts.some(({ outcome }) => outcome === 'unknown')),
  );
  await scene.postgres.start();
  const before = devices.map(acknowledged);
  await until('all go on', () =>
    devices.every((device, i) => acknowledged(device) > (before[i] ?? 0) + 20),
  );
  await Promise.all(sends.map((one) => one.stop()));
  const attempts = devices.flatMap((device) => device.attempts);
  expect(attempts.filter(({ outcome }) => outcome === 'refused')).toEqual([]);
  const run = { conversationId: id, people: [ana, ben], devices: listeners };
  expect(await scene.verdict({ ...run, attempts })).toEqual([]);
});

test.each([
  ['after PostgreSQL committed', 'answers'],
  ['before PostgreSQL heard of it', 'requests'],
] as const)(
  '[fault 16: U, D3] the connection to PostgreSQL is lost during COMMIT %s: stored once after the retry',
  async (_how, direction) => {
    const { ana, ben, id } = await scene.pair();
    const sender = await connected(ana.device());
    const listener = await connected(ben.on(1).device());
    await sender.send(id, 'before');
    const { postgres } = scene.server(0);
    for (let i = 0; i < 5; i += 1) {
      const clientMessageId = randomUUID();
      postgres.hold(direction, 'append_messages');
      const sending = sender.send(id, `message ${i}`, { clientMessageId });
      await until('it is held', () => postgres.held() > 0);
      postgres.drop();
      postgres.release();
      // Either it is said to be unknown, or the server has asked again by itself.
      const { outcome } = await sending;
      expect(['unknown', 'acknowledged']).toContain(outcome);
      const again = await sendSurely(sender, id, `message ${i}`, { clientMessageId });
      expect(again).toMatchObject({ outcome: 'acknowledged', message: { seq: i + 2 } });
    }
    const run = { conversationId: id, people: [ana, ben], devices: [listener] };
    expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
    expect(listener.wire(id)).toEqual(upTo(6));
  },
  60_000,
);

test('[fault 16: D7] the connection is lost after the COMMIT of a change: the devices are told all the same', async () => {
  const { ana, ben, cleo } = await scene.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await scene.people.group(ana, ben, cleo);
  const near = await connected(ben.device());
  const far = await connected(cleo.on(1).device());
  const { id: messageId } = await ana.send(id, 'first');
  await until('both have it', () => [near, far].every((one) => one.entries(id).length === 2));
  const { postgres } = scene.server(0);
  const lostAfterCommit = async (change: () => Promise<unknown>): Promise<void> => {
    postgres.hold('answers', 'COMMIT');
    const asked = change().catch((error: unknown) => error);
    await until('it is held', () => postgres.held() > 0);
    postgres.drop();
    postgres.release();
    expect(String(await asked)).toContain('503');
  };

  await lostAfterCommit(() =>
    ana.call('editMessage', { params: { messageId }, body: { content_encrypted: 'second' } }),
  );
  await until('both show the edit', () =>
    [near, far].every((one) => one.entries(id)[1]?.content_encrypted === 'second'),
  );
  await lostAfterCommit(() => ana.call('removeParticipant', { params: { id, userId: cleo.id } }));
  await until('cleo is told', () => far.received('conversation:removed').length > 0);
  near.disconnect();
  far.disconnect();
});

test('[fault 16: U] PostgreSQL falls silent during COMMIT: an answer within 10 s, stored once after the retry', async () => {
  const { ana, ben, id } = await scene.pair();
  const sender = await connected(ana.on(1).device());
  const listener = await connected(ben.device());
  await sender.send(id, 'before');
  const { postgres } = scene.server(1);
  const began = performance.now();
  postgres.hold('answers', 'append_messages');
  const sending = sender.send(id, 'into the silence');
  await until('it is held', () => postgres.held() > 0);
  postgres.cut();
  postgres.release();
  const first = await sending;
  expect(first.outcome).toBe('unknown');
  expect(performance.now() - began).toBeLessThan(10_500);
  postgres.heal();
  const { clientMessageId } = first;
  const again = await sendSurely(sender, id, 'into the silence', { clientMessageId });
  expect(again).toMatchObject({ outcome: 'acknowledged', message: { seq: 2 } });
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
});
