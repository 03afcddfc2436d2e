import { randomUUID } from 'node:crypto';
import { connected, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture, upTo } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

test('[fault 21: O] 500 sends pipelined on one socket keep their order', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device());
  const devices = [await connected(ben.device()), await connected(ben.on(1).device())];
  const attempts = await Promise.all(upTo(500).map((i) => sender.send(id, String(i))));
  expect(attempts.map(({ message }) => message?.seq)).toEqual(upTo(500));
  const run = { conversationId: id, people: [ana, ben], devices: [sender, ...devices] };
  expect(await fixture.violations({ ...run, attempts })).toEqual([]);
  const texts = devices.map((device) =>
    device.entries(id).map(({ content_encrypted: text }) => Number(text)),
  );
  expect(texts).toEqual([upTo(500), upTo(500)]);
});

test('[fault 22: U, D2, D3] one client message id sent on two nodes at once gives one row and one seq, without a gap', async () => {
  const { ana, ben, id } = await fixture.pair();
  const senders = [await connected(ana.device()), await connected(ana.on(1).device())];
  const listener = await connected(ben.on(1).device());
  for (let round = 1; round <= 30; round += 1) {
    const clientMessageId = randomUUID();
    const answers = await Promise.all(
      [...senders, ...senders].map((sender) => sender.send(id, 'same', { clientMessageId })),
    );
    const ids = new Set(answers.map(({ message }) => message?.id));
    expect([ids.size, answers[0]?.message?.seq]).toEqual([1, round]);
  }
  const attempts = senders.flatMap((sender) => sender.attempts);
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await fixture.violations({ ...run, attempts })).toEqual([]);
  expect(listener.wire(id)).toEqual(upTo(30));
});

test('[fault 23: L] no message between a fetch of the history and the first live event is missed', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device());
  for (let round = 0; round < 10; round += 1) {
    let stop = false;
    const sending = (async () => {
      while (!stop) await sender.send(id, `round ${round}`);
    })();
    const fetched = await ben.on(1).call('readHistory', { params: { conversationId: id } });
    const device = await connected(ben.on(1).device({ deviceId: `device ${round}` }));
    stop = true;
    await sending;
    const last = (await ana.conversation(id)).last_seq;
    await until('live events have caught up', () => device.wire(id).at(-1) === last);
    const shown = new Set([...fetched.body.messages.map(({ seq }) => seq), ...device.wire(id)]);
    const from = fetched.body.messages[0]?.seq ?? 1;
    expect(upTo(last - from + 1, from).filter((seq) => !shown.has(seq))).toEqual([]);
    expect(device.violations).toEqual([]);
    // The next device fetches what this one has acknowledged.
    await until('everything is acknowledged', async () => {
      return (await ben.conversation(id)).my.delivered_seq === last;
    });
    device.disconnect();
  }
});

test('[fault 24: D, O] when drains race live messages and wake-ups, order holds and every message is shown once', async () => {
  const { ana, ben, id } = await fixture.pair();
  const senders = [await connected(ana.device()), await connected(ana.on(1).device())];
  const urls = [fixture.instance.url(0), fixture.instance.url(1)];
  const phone = ben.device({ urls });
  const laptop = ben.device({ urls: urls.toReversed(), batch: true });
  for (const device of [phone, laptop]) await connected(device);
  let stop = false;
  const sending = senders.map(async (sender) => {
    while (!stop) await sender.send(id, `message ${sender.attempts.length}`);
  });
  const wakeUps = (async () => {
    while (!stop) {
      // Simulates retries of the worker at every moment.
      await fixture.instance.sql('UPDATE deliveries SET next_at = now() WHERE user_id = $1', [
        ben.id,
      ]);
    }
  })();
  const reconnecting = [phone, laptop].map(async (device) => {
    for (let i = 0; i < 15; i += 1) {
      await device.connect();
      const seen = device.entries(id).length;
      await until('more entries have arrived', () => device.entries(id).length > seen);
    }
  });
  await Promise.all(reconnecting);
  stop = true;
  await Promise.all([...sending, wakeUps]);
  const attempts = senders.flatMap((sender) => sender.attempts);
  const run = { conversationId: id, people: [ana, ben], devices: [phone, laptop] };
  expect(await fixture.violations({ ...run, attempts })).toEqual([]);
});
