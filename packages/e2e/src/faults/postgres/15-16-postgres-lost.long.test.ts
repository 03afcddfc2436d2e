import { randomUUID } from 'node:crypto';
import { connected, sendUntilAcknowledged, until } from '@chasqui/testkit';
import { acknowledged, sendContinuously } from '../continuousSender';
import { openFaultFixture, type FaultFixture, upTo } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

test('[fault 15: U, L, O] pools recover when PostgreSQL is killed and restarted during sends', async () => {
  const { ana, ben, id } = await fixture.pair();
  const devices = [ana.device(), ana.on(1).device(), ben.device(), ben.on(1).device()];
  const listeners = [await connected(ben.device()), await connected(ana.on(1).device())];
  for (const device of devices) await connected(device);
  const sends = devices.map((device) => sendContinuously(device, id));
  await until('all devices are sending', () =>
    devices.every((device) => acknowledged(device) > 20),
  );
  await fixture.postgres.kill();
  await until('the failure is noticed', () =>
    devices.every(({ attempts }) => attempts.some(({ outcome }) => outcome === 'unknown')),
  );
  await fixture.postgres.start();
  const before = devices.map(acknowledged);
  await until('all devices continue', () =>
    devices.every((device, i) => acknowledged(device) > (before[i] ?? 0) + 20),
  );
  await Promise.all(sends.map((one) => one.stop()));
  const attempts = devices.flatMap((device) => device.attempts);
  expect(attempts.filter(({ outcome }) => outcome === 'refused')).toEqual([]);
  const run = { conversationId: id, people: [ana, ben], devices: listeners };
  expect(await fixture.violations({ ...run, attempts })).toEqual([]);
});

test.each([
  ['after PostgreSQL committed', 'answers'],
  ['before PostgreSQL received it', 'requests'],
] as const)(
  '[fault 16: U, D3] when the connection is lost during COMMIT, %s, the retry leaves one message',
  async (_how, direction) => {
    const { ana, ben, id } = await fixture.pair();
    const sender = await connected(ana.device());
    const listener = await connected(ben.on(1).device());
    await sender.send(id, 'before');
    const { postgres } = fixture.server(0);
    for (let i = 0; i < 5; i += 1) {
      const clientMessageId = randomUUID();
      postgres.hold(direction, 'append_messages');
      const sending = sender.send(id, `message ${i}`, { clientMessageId });
      await until('the request is held', () => postgres.held() > 0);
      postgres.drop();
      postgres.release();
      // Unknown, or acknowledged because the server retried.
      const { outcome } = await sending;
      expect(['unknown', 'acknowledged']).toContain(outcome);
      const again = await sendUntilAcknowledged(sender, id, `message ${i}`, { clientMessageId });
      expect(again).toMatchObject({ outcome: 'acknowledged', message: { seq: i + 2 } });
    }
    const run = { conversationId: id, people: [ana, ben], devices: [listener] };
    expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
    expect(listener.wire(id)).toEqual(upTo(6));
  },
  60_000,
);

test('[fault 16: D7] when the connection is lost after the COMMIT of a change, devices are still notified', async () => {
  const { ana, ben, cleo } = await fixture.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await fixture.people.group(ana, ben, cleo);
  const near = await connected(ben.device());
  const far = await connected(cleo.on(1).device());
  const { id: messageId } = await ana.send(id, 'first');
  await until('both have the message', () =>
    [near, far].every((one) => one.entries(id).length === 2),
  );
  const { postgres } = fixture.server(0);
  const loseConnectionAfterCommit = async (change: () => Promise<unknown>): Promise<void> => {
    postgres.hold('answers', 'COMMIT');
    const asked = change().catch((error: unknown) => error);
    await until('the request is held', () => postgres.held() > 0);
    postgres.drop();
    postgres.release();
    expect(String(await asked)).toContain('503');
  };

  await loseConnectionAfterCommit(() =>
    ana.call('editMessage', { params: { messageId }, body: { content_encrypted: 'second' } }),
  );
  await until('both show the edit', () =>
    [near, far].every((one) => one.entries(id)[1]?.content_encrypted === 'second'),
  );
  await loseConnectionAfterCommit(() =>
    ana.call('removeParticipant', { params: { id, userId: cleo.id } }),
  );
  await until('cleo is notified', () => far.received('conversation:removed').length > 0);
  near.disconnect();
  far.disconnect();
});

test('[fault 16: U] when PostgreSQL stops responding during COMMIT, the answer comes within 10 s and the retry leaves one message', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.on(1).device());
  const listener = await connected(ben.device());
  await sender.send(id, 'before');
  const { postgres } = fixture.server(1);
  const began = performance.now();
  postgres.hold('answers', 'append_messages');
  const sending = sender.send(id, 'no response');
  await until('the request is held', () => postgres.held() > 0);
  postgres.cut();
  postgres.release();
  const first = await sending;
  expect(first.outcome).toBe('unknown');
  expect(performance.now() - began).toBeLessThan(10_500);
  postgres.heal();
  const { clientMessageId } = first;
  const again = await sendUntilAcknowledged(sender, id, 'no response', { clientMessageId });
  expect(again).toMatchObject({ outcome: 'acknowledged', message: { seq: 2 } });
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
});
