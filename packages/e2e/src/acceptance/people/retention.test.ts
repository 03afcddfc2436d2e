import { randomBytes } from 'node:crypto';
import type { Message } from '@chasqui/protocol';
import { connected, type Device, type Person, until } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// Messages older than a conversation's retention disappear, even with offline users and dead or frozen processes.
// Tests do not wait a minute: they backdate messages.

const suite = setUpAcceptanceSuite({ nodes: 2 });

const keep = (person: Person, id: string, retention_s: number | null, more: object = {}) =>
  person.call('renameConversation', { params: { id }, body: { retention_s, ...more } });

/** Sets retention, also for existing messages. */
const everything = { apply_to_history: true };

/** Backdates everything up to `seq` by an hour. */
const age = (id: string, seq: number): Promise<unknown> =>
  suite.instance.sql(
    `WITH aged AS (UPDATE messages SET created_at = created_at - interval '1 hour'
       WHERE conversation_id = $1 AND seq <= $2)
     UPDATE conversations SET next_expiry_at = now() WHERE id = $1 AND retention_s IS NOT NULL`,
    [id, seq],
  );

const byContent = (messages: readonly Message[]): (string | null)[] =>
  messages
    .filter(({ kind }) => kind === 'message')
    .map(({ content_encrypted: content }) => content);

const contents = async (person: Person, id: string): Promise<(string | null)[]> =>
  byContent(await person.history(id));

const shows = (device: Device, id: string): (string | null)[] => byContent(device.entries(id));

test('an admin sets retention in a group, either person in a direct conversation, and everybody is notified', async () => {
  const { ana, ben, cleo } = await suite.people.registerAll('ana', 'ben', 'cleo');
  const group = await suite.people.group(ana, ben);
  const direct = await suite.people.direct(ana, ben);
  expect(group.retention_s).toBeNull();
  const device = await connected(ben.on(1).device());

  const params = { id: group.id };
  expect(
    (await ben.refused('renameConversation', { params, body: { retention_s: 60 } })).status,
  ).toBe(403);
  expect(
    (await cleo.refused('renameConversation', { params, body: { retention_s: 60 } })).status,
  ).toBe(404);
  for (const retention_s of [59, 315_360_001, 60.5, '60']) {
    expect(
      (await ana.refused('renameConversation', { params, body: { retention_s } })).status,
    ).toBe(400);
  }
  expect((await keep(ana, group.id, 86_400)).body).toMatchObject({ retention_s: 86_400 });
  expect((await keep(ben, direct.id, 3_600)).body).toMatchObject({ retention_s: 3_600 });
  // Events of the group's creation may arrive as well.
  const hasReceived = (update: object): boolean =>
    device.received('conversation:updated').some((one) => {
      const received = new Map<string, unknown>(Object.entries(one ?? {}));
      return Object.entries(update).every(([name, value]) => received.get(name) === value);
    });
  await until(
    'both are notified',
    () =>
      hasReceived({ id: group.id, retention_s: 86_400 }) &&
      hasReceived({ id: direct.id, retention_s: 3_600 }),
  );
  await keep(ana, group.id, 86_400);
  const both = { title: 'Another', retention_s: null };
  expect((await ana.call('renameConversation', { params, body: both })).body).toMatchObject(both);
  // All or nothing: a direct conversation has no title.
  const direct1 = { params: { id: direct.id }, body: { title: 'x', retention_s: 60 } };
  expect((await ben.refused('renameConversation', direct1)).status).toBe(403);
  expect((await ben.conversation(direct.id)).retention_s).toBe(3_600);
  expect(device.violations).toEqual([]);
});

test('[D7] [D8] live devices are notified and an offline one gets tombstones by sync, on every node', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.group(ana, ben);
  const live = await connected(ben.on(1).device());
  const away = await connected(ben.device());
  const { cursor } = (await ben.call('readSync')).body;
  for (const text of ['one', 'two', 'three']) await ana.send(id, text);
  await until(
    'both have every message',
    () => shows(away, id).length + shows(live, id).length === 6,
  );
  away.disconnect();

  await keep(ana, id, 60, everything);
  await age(id, 3);
  await until('the live one shows tombstones', () => shows(live, id).join() === ',,three');
  await until('the unread count is updated', () => {
    const [last] = live.received('chat:unread_updated').slice(-1) as { unreadCount: number }[];
    return last?.unreadCount === 1;
  });
  expect((await ben.conversation(id)).my.unread_count).toBe(1);
  const { messages } = (await ben.on(1).call('readSync', { query: { cursor } })).body;
  expect(messages).toEqual((await ben.history(id)).slice(1));
  expect(byContent(messages)).toEqual([null, null, 'three']);
  expect(live.violations).toEqual([]);
});

test('[D7] [D11] expiry works without Redis, and connected devices are notified', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.group(ana, ben);
  const live = await connected(ben.device());
  await ana.send(id, 'secret');
  await keep(ana, id, 60, everything);
  await until('the message arrived', () => shows(live, id).length === 1);
  await suite.instance.redis.kill();
  try {
    await age(id, 2);
    await until('the message has expired', async () => (await contents(ben, id)).join() === '');
    await until('the device shows a tombstone', () => shows(live, id)[0] === null);
  } finally {
    await suite.instance.redis.start();
  }
});

test('[D3] [D7] a worker killed during a batch leaves no partial state, and the next one continues', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.group(ana, ben);
  const COUNT = 10_000;
  await suite.instance.sql(
    `INSERT INTO messages (conversation_id, seq, id, version, sender_id, content_encrypted, created_at)
     SELECT $1, 1 + n, gen_random_uuid(), 1 + n, $2, 'x', now() - interval '1 hour' FROM generate_series(1, $3) n`,
    [id, ana.id, COUNT],
  );
  await suite.instance.sql('UPDATE conversations SET last_seq = $2, version = $2 WHERE id = $1', [
    ...[id, COUNT + 1],
  ]);
  const left = async (): Promise<number> =>
    (
      await suite.instance.sql<{ n: number }>(
        'SELECT count(content_encrypted)::integer AS n FROM messages WHERE conversation_id = $1',
        [id],
      )
    )[0]?.n ?? 0;
  await keep(ana, id, 60, everything);
  await until('expiry has started', async () => (await left()) < COUNT);
  await suite.instance.worker().program.kill();
  expect(await left()).toBeGreaterThan(0);
  // Sends continue, and answers keep their place.
  const { seq } = await ana.send(id, 'still here');
  expect(seq).toBe(COUNT + 3);
  await Promise.all([suite.instance.worker().restart(), suite.instance.addWorker()]);
  await until('all messages have expired', async () => (await left()) === 1, 60_000);
  await until(
    'all devices were notified',
    async () => (await suite.instance.sql('SELECT FROM tombstone_news')).length === 0,
  );
  const [state] = await suite.instance.sql(
    `SELECT c.version = max(m.version) AS newest, count(*)::integer AS entries,
       count(DISTINCT m.version)::integer AS versions, count(m.deleted_at)::integer AS tombstones
     FROM conversations c JOIN messages m ON m.conversation_id = c.id WHERE c.id = $1 GROUP BY c.id`,
    [id],
  );
  expect(state).toEqual({
    newest: true,
    entries: COUNT + 3,
    versions: COUNT + 3,
    tombstones: COUNT,
  });
  expect((await ben.conversation(id)).my.unread_count).toBe(1);
});

test('expired content is nowhere in the database after a vacuum', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.group(ana, ben);
  const secret = randomBytes(30_000).toString('base64');
  const { seq } = await ana.send(id, secret);
  const chunks = async (): Promise<number> => {
    const [toast] = await suite.instance.sql<{ name: string }>(
      `SELECT reltoastrelid::regclass::text AS name FROM pg_class WHERE relname = 'messages'`,
    );
    const [row] = await suite.instance.sql<{ n: number }>(
      `SELECT count(*)::integer AS n FROM ${toast?.name ?? ''}`,
    );
    return row?.n ?? 0;
  };
  expect(await chunks()).toBeGreaterThan(0);
  await keep(ana, id, 60, everything);
  await age(id, seq);
  // Reads hide it as soon as it is due; this test is about storage.
  await until('the message has expired', async () => {
    const stored =
      'SELECT FROM messages WHERE conversation_id = $1 AND content_encrypted IS NOT NULL';
    return (await suite.instance.sql(stored, [id])).length === 0;
  });
  await suite.instance.sql('VACUUM messages');
  expect(await chunks()).toBe(0);
});

const retentionEvents = async (person: Person, id: string): Promise<unknown[]> =>
  (await person.history(id)).flatMap(({ event, sender_id }) =>
    event?.type === 'retention' ? [{ ...event, sender_id }] : [],
  );

test('messages from before the setting stay, and the history records who set what', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.group(ana, ben);
  await ana.send(id, 'before');
  expect((await keep(ana, id, 60)).body).toMatchObject({ retention_s: 60, retention_from_seq: 3 });
  const { seq } = await ana.send(id, 'after');
  await age(id, seq);
  await until(
    'the message has expired',
    async () => (await contents(ben, id)).join() === 'before,',
  );
  await keep(ana, id, 60);
  await keep(ana, id, null);
  const set = { type: 'retention', apply_to_history: false, sender_id: ana.id };
  expect(await retentionEvents(ben, id)).toEqual([
    { ...set, retention_s: 60 },
    { ...set, retention_s: null },
  ]);
  expect(
    (
      await ana.refused('renameConversation', {
        params: { id },
        body: { retention_s: null, ...everything },
      })
    ).status,
  ).toBe(400);
});

test('in a direct conversation both must agree to expire existing messages', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  const { seq } = await ben.send(id, 'mine');
  const asked = (await keep(ana, id, 60, everything)).body;
  expect(asked).toMatchObject({
    ...{ retention_s: 60, history_request: { user_id: ana.id, retention_s: 60 } },
  });
  // Repeating the request or the current setting changes nothing.
  expect((await keep(ana, id, 60, everything)).body.version).toBe(asked.version);
  expect((await keep(ben, id, 60)).body.version).toBe(asked.version);
  await age(id, seq);
  expect(await contents(ben, id)).toEqual(['mine']);

  // A different setting withdraws the request.
  expect((await keep(ben, id, 120)).body.history_request).toBeNull();
  expect((await keep(ben, id, 60, everything)).body.history_request).toEqual({
    ...{ user_id: ben.id, retention_s: 60 },
  });
  expect(await contents(ana, id)).toEqual(['mine']);
  expect((await keep(ana, id, 60, everything)).body).toMatchObject({
    ...{ history_request: null, retention_from_seq: 1 },
  });
  expect(await contents(ana, id)).toEqual([null]);
  const [first, , , last] = await retentionEvents(ana, id);
  expect(first).toMatchObject({ sender_id: ana.id, requests_history: true });
  expect(last).toMatchObject({ sender_id: ana.id, apply_to_history: true });
});
