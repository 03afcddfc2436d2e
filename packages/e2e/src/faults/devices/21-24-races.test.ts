import { randomUUID } from 'node:crypto';
import { until } from '@chasqui/testkit';
import { connected, openScene, type Scene, upTo } from '../scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

test('[fault 21: O] 500 sends pipelined on one socket keep their order', async () => {
  const { ana, ben, id } = await scene.pair();
  const sender = await connected(ana.device());
  const devices = [await connected(ben.device()), await connected(ben.on(1).device())];
  const attempts = await Promise.all(upTo(500).map((i) => sender.send(id, String(i))));
  expect(attempts.map(({ message }) => message?.seq)).toEqual(upTo(500));
  const run = { conversationId: id, people: [ana, ben], devices: [sender, ...devices] };
  expect(await scene.verdict({ ...run, attempts })).toEqual([]);
  const texts = devices.map((device) =>
    device.entries(id).map(({ content_encrypted: text }) => Number(text)),
  );
  expect(texts).toEqual([upTo(500), upTo(500)]);
});

test('[fault 22: U, D2, D3] one client message id at once on two nodes: one row, one seq, no burned number', async () => {
  const { ana, ben, id } = await scene.pair();
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
  expect(await scene.verdict({ ...run, attempts })).toEqual([]);
  expect(listener.wire(id)).toEqual(upTo(30));
});

test('[fault 23: L] messages between a fetch of the history and the start of live events are not missed', async () => {
  const { ana, ben, id } = await scene.pair();
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
    // What this device acknowledged, the next one need not be sent: it fetches it.
    await until('it is acknowledged', async () => {
      return (await ben.conversation(id)).my.delivered_seq === last;
    });
    device.disconnect();
  }
});

test('[fault 24: D, O] drains of reconnects race live messages and wake-ups: in order, and shown once', async () => {
  const { ana, ben, id } = await scene.pair();
  const senders = [await connected(ana.device()), await connected(ana.on(1).device())];
  const urls = [scene.instance.url(0), scene.instance.url(1)];
  const phone = ben.device({ urls });
  const laptop = ben.device({ urls: urls.toReversed(), batch: true });
  for (const device of [phone, laptop]) await connected(device);
  let stop = false;
  const sending = senders.map(async (sender) => {
    while (!stop) await sender.send(id, `message ${sender.attempts.length}`);
  });
  const wakeUps = (async () => {
    while (!stop) {
      // As if the worker’s retry came at every moment.
      await scene.instance.sql('UPDATE deliveries SET next_at = now() WHERE user_id = $1', [
        ben.id,
      ]);
    }
  })();
  const reconnecting = [phone, laptop].map(async (device) => {
    for (let i = 0; i < 15; i += 1) {
      await device.connect();
      const seen = device.entries(id).length;
      await until('more has come', () => device.entries(id).length > seen);
    }
  });
  await Promise.all(reconnecting);
  stop = true;
  await Promise.all([...sending, wakeUps]);
  const attempts = senders.flatMap((sender) => sender.attempts);
  const run = { conversationId: id, people: [ana, ben], devices: [phone, laptop] };
  expect(await scene.verdict({ ...run, attempts })).toEqual([]);
});
