import { connected, sendUntilAcknowledged, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture, upTo } from '../faultFixture';

// A server is killed at the three moments that matter: before the commit, after it, and after the answer.

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

const stored = async (id: string): Promise<number> => {
  const rows = await fixture.instance.sql('SELECT FROM messages WHERE conversation_id = $1', [id]);
  return rows.length;
};

test('[fault 1: D1, D5] a message of a server killed between commit and enqueue arrives within a sweep', async () => {
  const { ana, ben, id } = await fixture.pair();
  const { cleo } = await fixture.people.registerAll('cleo');
  const elsewhere = await fixture.people.direct(ana, cleo);
  const sender = await connected(ana.device());
  const listener = await connected(ben.on(1).device());
  const server = fixture.server(0);
  server.redis.hold('requests');
  const attempt = await sender.send(id, 'not enqueued');
  await sender.send(elsewhere.id, 'not enqueued either');
  await until('the job is in flight', () => server.redis.held() > 0);
  await server.program.kill();
  server.redis.drop();
  const killedAt = performance.now();
  server.redis.release();

  expect(attempt.outcome).toBe('acknowledged');
  await until('the message has arrived', () => listener.wire(id).length === 1);
  await until('the offline user has a job', async () => {
    const jobs = await fixture.instance.redis.command('KEYS', `bull:message_delivery:${cleo.id}*`);
    return Array.isArray(jobs) && jobs.length === 1;
  });
  // The first backoff delay, a sweep, and the grace period of a wake-up.
  expect(performance.now() - killedAt).toBeLessThan(5_000);
  await server.restart();
  const { attempts } = sender;
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(
    await fixture.violations({
      ...run,
      attempts: attempts.filter((one) => one.conversationId === id),
    }),
  ).toEqual([]);
  const absent = await connected(cleo.on(1).device());
  expect(absent.wire(elsewhere.id)).toEqual([1]);
});

test('[fault 2: U] after a server is killed between commit and acknowledgement, another node answers with the same id and seq', async () => {
  const { ana, ben, id } = await fixture.pair();
  const listener = await connected(ben.on(1).device());
  const sender = await connected(
    ana.device({ urls: [fixture.instance.url(0), fixture.instance.url(1)] }),
  );
  await sender.send(id, 'before');
  const server = fixture.server(0);
  server.postgres.hold('answers', 'append_messages');
  const sending = sender.send(id, 'did it arrive?');
  await until('the message is committed', async () => (await stored(id)) === 2);
  await server.program.kill();
  server.postgres.drop();
  server.postgres.release();

  const first = await sending;
  expect(first.outcome).toBe('unknown');
  const [row] = await fixture.instance.sql<{ id: string; seq: string }>(
    'SELECT id, seq FROM messages WHERE client_message_id = $1',
    [first.clientMessageId],
  );
  await sender.stayConnected();
  const again = await sendUntilAcknowledged(sender, id, 'did it arrive?', {
    clientMessageId: first.clientMessageId,
  });
  expect(again.message).toMatchObject({ id: row?.id, seq: Number(row?.seq) });
  await sender.send(id, 'after');
  expect(await stored(id)).toBe(3);
  await server.restart();
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
  sender.disconnect();
});

test('[fault 3: U, D3] after a server is killed before the commit, the retry stores one message without a gap', async () => {
  const { ana, ben, id } = await fixture.pair();
  const listener = await connected(ben.on(1).device());
  const sender = await connected(
    ana.device({ urls: [fixture.instance.url(0), fixture.instance.url(1)] }),
  );
  await sender.send(id, 'before');
  const server = fixture.server(0);
  server.postgres.hold('requests', 'append_messages');
  const sending = sender.send(id, 'never committed');
  await until('the request is in flight', () => server.postgres.held() > 0);
  await server.program.kill();
  server.postgres.drop();
  server.postgres.release();

  const first = await sending;
  expect(first.outcome).toBe('unknown');
  expect(await stored(id)).toBe(1);
  await sender.stayConnected();
  const again = await sendUntilAcknowledged(sender, id, 'never committed', {
    clientMessageId: first.clientMessageId,
  });
  expect(again.message?.seq).toBe(2);
  await until('both have arrived', () => listener.wire(id).length === 2);
  expect(listener.wire(id)).toEqual(upTo(2));
  await server.restart();
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
  sender.disconnect();
});

test('[fault 3: U, D3] a server killed while PostgreSQL executes the statement leaves each message stored once', async () => {
  const { ana, ben, id } = await fixture.pair();
  const listener = await connected(ben.on(1).device());
  const sender = await connected(
    ana.device({ urls: [fixture.instance.url(0), fixture.instance.url(1)] }),
  );
  await sender.send(id, 'before');
  const server = fixture.server(0);
  server.postgres.delay(5);
  const sends = Array.from({ length: 50 }, (_, i) => sender.send(id, `burst ${i}`));
  await until('some are committed', async () => (await stored(id)) > 1);
  await server.program.kill();
  server.postgres.delay(0);
  const outcomes = await Promise.all(sends);
  await sender.stayConnected();
  for (const { clientMessageId, outcome } of outcomes) {
    if (outcome !== 'unknown') continue;
    const content = `burst ${outcomes.findIndex((one) => one.clientMessageId === clientMessageId)}`;
    expect((await sendUntilAcknowledged(sender, id, content, { clientMessageId })).outcome).toBe(
      'acknowledged',
    );
  }
  await server.restart();
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
  expect(await stored(id)).toBe(51);
  sender.disconnect();
});
