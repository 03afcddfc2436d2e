import { randomUUID } from 'node:crypto';
import type { Message } from '@chasqui/protocol';
import { findViolations, until } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// D2 and D3 on two nodes: one message per client message id, and the same order for everybody.

const suite = setUpAcceptanceSuite({ nodes: 2, worker: false });

async function openChat() {
  const { ana, ben, cleo } = await suite.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await suite.people.group(ana, ben, cleo);
  const devices = [
    ana.device(),
    ana.on(1).device(),
    ben.on(1).device(),
    cleo.device({ batch: true }),
  ];
  for (const device of devices) {
    await device.connect();
    await device.drained();
  }
  // Without the entry of the creation, which a second device need not receive.
  const wires = () => devices.map((device) => device.wire(id).filter((seq) => seq > 1));
  const [a, b, c, d] = devices;
  if (!a || !b || !c || !d) throw new Error('a device is missing');
  return { cast: [ana, ben, cleo], ana, ben, id, devices, wires, a, b, c, d };
}

const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, i) => i + from);
const idsAfterCreation = (entries: Message[]) =>
  entries
    .filter(({ seq }) => seq > 1)
    .map(({ id }) => id)
    .join();

test('[D3] 200 concurrent sends over two nodes leave no gap and arrive in the same order on every device', async () => {
  const { cast, id, devices, wires, a, b, c, d } = await openChat();
  await Promise.all(
    [a, b, c, d].flatMap((device) =>
      Array.from({ length: 50 }, (_, i) => device.send(id, `message ${i}`)),
    ),
  );
  await until('every device has every message', () => wires().every((wire) => wire.length === 200));
  for (const wire of wires()) expect(wire).toEqual(upTo(200, 2));
  const orders = devices.map((device) => idsAfterCreation(device.entries(id)));
  expect(new Set(orders).size).toBe(1);
  const attempts = devices.flatMap((device) => device.attempts);
  expect(attempts.every(({ outcome }) => outcome === 'acknowledged')).toBe(true);
  expect(
    await findViolations({
      instance: suite.instance,
      conversationId: id,
      people: cast,
      devices,
      attempts,
    }),
  ).toEqual([]);
});

test('[D3] concurrent sends over REST and sockets of both nodes share one order', async () => {
  const { ana, ben, id, devices, wires, a, c } = await openChat();
  await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      i % 2 === 0
        ? (i % 4 === 0 ? a : c).send(id, `socket ${i}`)
        : (i % 4 === 1 ? ana : ben).send(id, `rest ${i}`),
    ),
  );
  await until('every device has every message', () => wires().every((wire) => wire.length === 100));
  for (const wire of wires()) expect(wire).toEqual(upTo(100, 2));
  for (const device of devices) expect(device.violations).toEqual([]);
});

test('[D3] 500 sends pipelined on one socket keep their order', async () => {
  const { id, devices, a, c } = await openChat();
  const attempts = await Promise.all(Array.from({ length: 500 }, (_, i) => a.send(id, `${i}`)));
  const seqs = attempts.map(({ message }) => message?.seq);
  expect(seqs).toEqual(upTo(500, 2));
  await until('the other node has every message', () => c.wire(id).length === 501);
  const texts = c
    .entries(id)
    .slice(1)
    .map(({ content_encrypted }) => Number(content_encrypted));
  expect(texts).toEqual(upTo(500, 0));
  for (const device of devices) expect(device.violations).toEqual([]);
});

test('[D2] one client message id sent concurrently on two nodes over REST and sockets gives one row and one seq, without a gap', async () => {
  const { ana, id, devices, a, b } = await openChat();
  const ids = Array.from({ length: 20 }, () => randomUUID());
  const seqs = await Promise.all(
    ids.map(async (clientMessageId) => {
      const body = {
        ...{ conversation_id: id, content_encrypted: 'same' },
        client_message_id: clientMessageId,
      };
      const [one, two, three, four] = await Promise.all([
        a.send(id, 'same', { clientMessageId }),
        b.send(id, 'same', { clientMessageId }),
        ana.call('sendMessage', { body }),
        ana.on(1).call('sendMessage', { body }),
      ]);
      const statuses = [three.status, four.status].sort();
      expect([
        [200, 200],
        [200, 201],
      ]).toContainEqual(statuses);
      const answers = [one.message, two.message, three.body, four.body];
      expect(new Set(answers.map((message) => message?.id)).size).toBe(1);
      return three.body.seq;
    }),
  );
  expect(seqs.sort((x, y) => x - y)).toEqual(upTo(20, 2));
  await until('every device has every message', () =>
    devices.every((device) => device.entries(id).filter(({ seq }) => seq > 1).length === 20),
  );
  const [row] = await suite.instance.sql<{ count: string }>(
    'SELECT count(*) FROM messages WHERE conversation_id = $1',
    [id],
  );
  expect(row?.count).toBe('21');
});

test('[D2] the same id with different content is a ConflictError and leaves no gap', async () => {
  const { id, a, b } = await openChat();
  const clientMessageId = randomUUID();
  await a.send(id, 'first', { clientMessageId });
  const refused = await b.send(id, 'second', { clientMessageId });
  expect(refused.error?.name).toBe('ConflictError');
  expect((await b.send(id, 'next')).message?.seq).toBe(3);
});

test('[D3] refused sends in between leave no gap', async () => {
  const { id, a, b } = await openChat();
  const attempts = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      (i % 2 === 0 ? a : b).send(id, i % 3 === 0 ? '' : 'fine', {
        ...(i % 5 === 0 ? { replyToId: randomUUID() } : {}),
      }),
    ),
  );
  const fine = attempts.filter(({ outcome }) => outcome === 'acknowledged');
  const seqs = fine.map(({ message }) => message?.seq ?? 0).sort((x, y) => x - y);
  expect(fine.length).toBeGreaterThan(20);
  expect(seqs).toEqual(upTo(fine.length, 2));
});
