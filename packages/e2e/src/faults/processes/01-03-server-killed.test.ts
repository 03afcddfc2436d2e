import { until } from '@chasqui/testkit';
import { connected, openScene, type Scene, sendSurely, upTo } from '../scene';

// A server dies at the three places that matter: before the commit, after it, and after the answer.

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

const stored = async (id: string): Promise<number> => {
  const rows = await scene.instance.sql('SELECT FROM messages WHERE conversation_id = $1', [id]);
  return rows.length;
};

test('[fault 1: D1, D5] SIGKILL between commit and enqueue: it arrives within a sweep, without anyone’s help', async () => {
  const { ana, ben, id } = await scene.pair();
  const { cleo } = await scene.people.registerAll('cleo');
  const elsewhere = await scene.people.direct(ana, cleo);
  const sender = await connected(ana.device());
  const listener = await connected(ben.on(1).device());
  const server = scene.server(0);
  server.redis.hold('requests');
  const attempt = await sender.send(id, 'nobody was told');
  await sender.send(elsewhere.id, 'nor of this');
  await until('the job is on its way', () => server.redis.held() > 0);
  await server.program.kill();
  server.redis.drop();
  const killedAt = performance.now();
  server.redis.release();

  expect(attempt.outcome).toBe('acknowledged');
  await until('it has arrived', () => listener.wire(id).length === 1);
  await until('the offline recipient has a job', async () => {
    const jobs = await scene.instance.redis.command('KEYS', `bull:message_delivery:${cleo.id}*`);
    return Array.isArray(jobs) && jobs.length === 1;
  });
  // The first delay of the backoff, a sweep, and the grace that a wake-up has before it.
  expect(performance.now() - killedAt).toBeLessThan(5_000);
  await server.restart();
  const { attempts } = sender;
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(
    await scene.verdict({ ...run, attempts: attempts.filter((one) => one.conversationId === id) }),
  ).toEqual([]);
  const absent = await connected(cleo.on(1).device());
  expect(absent.wire(elsewhere.id)).toEqual([1]);
});

test('[fault 2: U] SIGKILL after commit, before the acknowledgement: another node answers with the same id and seq', async () => {
  const { ana, ben, id } = await scene.pair();
  const listener = await connected(ben.on(1).device());
  const sender = await connected(
    ana.device({ urls: [scene.instance.url(0), scene.instance.url(1)] }),
  );
  await sender.send(id, 'before');
  const server = scene.server(0);
  server.postgres.hold('answers', 'append_messages');
  const sending = sender.send(id, 'did it arrive?');
  await until('it is committed', async () => (await stored(id)) === 2);
  await server.program.kill();
  server.postgres.drop();
  server.postgres.release();

  const first = await sending;
  expect(first.outcome).toBe('unknown');
  const [row] = await scene.instance.sql<{ id: string; seq: string }>(
    'SELECT id, seq FROM messages WHERE client_message_id = $1',
    [first.clientMessageId],
  );
  await sender.stayConnected();
  const again = await sendSurely(sender, id, 'did it arrive?', {
    clientMessageId: first.clientMessageId,
  });
  expect(again.message).toMatchObject({ id: row?.id, seq: Number(row?.seq) });
  await sender.send(id, 'after');
  expect(await stored(id)).toBe(3);
  await server.restart();
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
  sender.disconnect();
});

test('[fault 3: U, D3] SIGKILL before commit: the retry is the only one, and no seq is missing', async () => {
  const { ana, ben, id } = await scene.pair();
  const listener = await connected(ben.on(1).device());
  const sender = await connected(
    ana.device({ urls: [scene.instance.url(0), scene.instance.url(1)] }),
  );
  await sender.send(id, 'before');
  const server = scene.server(0);
  server.postgres.hold('requests', 'append_messages');
  const sending = sender.send(id, 'never asked for');
  await until('it is on its way', () => server.postgres.held() > 0);
  await server.program.kill();
  server.postgres.drop();
  server.postgres.release();

  const first = await sending;
  expect(first.outcome).toBe('unknown');
  expect(await stored(id)).toBe(1);
  await sender.stayConnected();
  const again = await sendSurely(sender, id, 'never asked for', {
    clientMessageId: first.clientMessageId,
  });
  expect(again.message?.seq).toBe(2);
  await until('both have arrived', () => listener.wire(id).length === 2);
  expect(listener.wire(id)).toEqual(upTo(2));
  await server.restart();
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
  sender.disconnect();
});

test('[fault 3: U, D3] SIGKILL while PostgreSQL is at work on the statement: once, whichever way it went', async () => {
  const { ana, ben, id } = await scene.pair();
  const listener = await connected(ben.on(1).device());
  const sender = await connected(
    ana.device({ urls: [scene.instance.url(0), scene.instance.url(1)] }),
  );
  await sender.send(id, 'before');
  const server = scene.server(0);
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
    expect((await sendSurely(sender, id, content, { clientMessageId })).outcome).toBe(
      'acknowledged',
    );
  }
  await server.restart();
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await scene.verdict({ ...run, attempts: sender.attempts })).toEqual([]);
  expect(await stored(id)).toBe(51);
  sender.disconnect();
});
