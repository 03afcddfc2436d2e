import { REQUEST_CONTENT_MAX_BYTES, REQUEST_MESSAGES_MAX } from '@chasqui/protocol';
import { type Person, until } from '@chasqui/testkit';
import { type ConsentFixture, openConsentFixture } from './consentFixture';

// Requests between two people on different nodes (CONTACT_POLICY=requests).

let fixture: ConsentFixture;
beforeAll(async () => {
  fixture = await openConsentFixture();
});
afterAll(() => fixture.close());

const presenceOf = async (viewer: Person, seen: Person) =>
  (await viewer.call('readUser', { params: { id: seen.id } })).body.presence;

test("[D1] [D9] a stranger's messages are stored, but the recipient sees a request instead of a conversation", async () => {
  const { ana, ben, bens, id, first } = await fixture.asked();
  expect(first).toMatchObject({ seq: 1, status: 'sent' });
  expect(await ana.conversation(id)).toMatchObject({
    ...{ type: 'direct', participant_count: 2, request: { to: ben.id, messages_max: 5 } },
    participants: expect.arrayContaining([
      expect.objectContaining({ user_id: ben.id, delivered_seq: 0, read_seq: 0 }),
    ]) as unknown,
  });
  const participants = await ana.call('listParticipants', { params: { id } });
  expect(participants.body.participants.map(({ user_id }) => user_id)).toContain(ben.id);
  const same = await ana.call('sendMessage', {
    body: { conversation_id: id, content_encrypted: 'hello', client_message_id: 'first' },
  });
  expect([same.status, same.body.id]).toEqual([200, first.id]);

  await until('the recipient is notified', () => bens.all('requests:changed').length > 0);
  const [request] = await fixture.requestsOf(ben.on(1));
  expect(request).toMatchObject({
    ...{ kind: 'contact', conversation_id: id, from: { user_id: ana.id, username: ana.username } },
    ...{ message_count: 2, last_message: { seq: 2, content_encrypted: 'it is me' }, title: null },
  });
  const opened = await ben.call('readRequest', await fixture.requestOf(ben));
  expect(opened.body.messages.map((one) => one.content_encrypted)).toEqual(['hello', 'it is me']);
  expect((await ben.call('listConversations')).body.conversations).toEqual([]);
  for (const [name, ask] of [
    ['readConversation', { params: { id } }],
    ['readHistory', { params: { conversationId: id } }],
    ['reportStatus', { params: { messageId: first.id }, body: { status: 'read' } }],
    ['readStatus', { params: { messageId: first.id } }],
    ['addReaction', { params: { messageId: first.id }, body: { emoji: '👍' } }],
  ] as const) {
    expect([name, (await ben.refused(name, ask)).status]).toEqual([name, 404]);
  }
  // A request causes no wake-up.
  const deliveries = await fixture.instance.sql('SELECT FROM deliveries WHERE user_id = $1', [
    ben.id,
  ]);
  expect(deliveries).toEqual([]);
});

test('a request accepts only a few short messages', async () => {
  const { ana, ben, anas, id } = await fixture.asked();
  const refused = (content: string) =>
    ana.refused('sendMessage', { body: { conversation_id: id, content_encrypted: content } });
  const waiting = { status: 403, error: { details: { reason: 'requested' } } };
  expect(await refused('x'.repeat(REQUEST_CONTENT_MAX_BYTES + 1))).toMatchObject(waiting);
  // In one batch: those that fit are stored, the others are refused, without a gap in seq.
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, i) =>
      anas.ask('chat:message_send', { conversationId: id, contentEncrypted: `more ${i}` }),
    ),
  );
  expect(answers.map((one) => (one as { success: boolean }).success)).toEqual([
    ...[true, true, true, false, false, false],
  ]);
  expect(await refused('again')).toMatchObject(waiting);
  expect(await ana.conversation(id)).toMatchObject({ last_seq: REQUEST_MESSAGES_MAX });
  const [first] = await ana.history(id);
  const edit = {
    params: { messageId: first?.id ?? '' },
    body: { content_encrypted: 'x'.repeat(REQUEST_CONTENT_MAX_BYTES + 1) },
  };
  expect(await ana.refused('editMessage', edit)).toMatchObject(waiting);
  await ben.call('acceptRequest', await fixture.requestOf(ben));
  expect((await ana.send(id, 'y'.repeat(40_000))).seq).toBe(REQUEST_MESSAGES_MAX + 1);
});

test('[D4] [D6] [D8] after acceptance the backlog is delivered and receipts start', async () => {
  const { ana, ben, anas, id } = await fixture.asked();
  const phone = ben.on(1).device();
  await phone.connect();
  await phone.drained();
  const { cursor } = (await ben.call('readSync')).body;
  const { body } = await ben.call('acceptRequest', await fixture.requestOf(ben));
  expect(body).toMatchObject({ id, request: null, participant_count: 2, my: { unread_count: 2 } });
  await until('the messages arrived', () => phone.wire(id).length === 2);
  expect(phone.violations).toEqual([]);
  const reached = () =>
    (anas.all('chat:message_status_updated') as { status: string; seq: number }[]).at(-1);
  await until('the messages are delivered', () => reached()?.seq === 2);
  await phone.read(id, 2);
  await until('the messages are read', () => reached()?.status === 'read');
  await until('the sender sees a normal conversation', () =>
    (anas.all('conversation:updated') as { id: string; request: unknown }[]).some(
      (one) => one.id === id && one.request === null,
    ),
  );
  await until('the sender sees presence', () =>
    (anas.all('user:status_changed') as { userId: string; status: string }[]).some(
      ({ userId, status }) => userId === ben.id && status === 'online',
    ),
  );
  expect(await presenceOf(ana, ben)).toMatchObject({ status: 'online' });
  const { conversations, messages, requests } = (await ben.call('readSync', { query: { cursor } }))
    .body;
  expect(conversations.map((one) => one.id)).toEqual([id]);
  expect([messages.length, requests]).toEqual([2, undefined]);
  expect(await ana.history(id)).toMatchObject([{ status: 'read' }, { status: 'read' }]);
});

test('[D7] an offline device gets new and answered requests by sync', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { cursor } = (await ben.call('readSync')).body;
  const { id } = await fixture.people.direct(ana, ben);
  const sync = async () => (await ben.on(1).call('readSync', { query: { cursor } })).body;
  // An empty conversation is not a request yet.
  expect((await sync()).requests).toBeUndefined();
  await ana.send(id, 'hello');
  expect((await sync()).requests).toMatchObject([{ conversation_id: id, message_count: 1 }]);
  await ben.call('declineRequest', await fixture.requestOf(ben));
  expect((await sync()).requests).toBeUndefined();
});

test('accepting and declining can be repeated, and the first of two answers wins', async () => {
  const { ben, id } = await fixture.asked();
  const request = await fixture.requestOf(ben);
  const twice = await Promise.all([
    ben.call('acceptRequest', request),
    ben.on(1).call('acceptRequest', request),
  ]);
  expect(twice.map(({ body }) => [body.id, body.participant_count])).toEqual([
    [id, 2],
    [id, 2],
  ]);
  expect((await ben.refused('declineRequest', request)).status).toBe(409);

  const next = await fixture.asked();
  const other = await fixture.requestOf(next.ben);
  for (const node of [0, 1]) {
    expect((await next.ben.on(node).call('declineRequest', other)).status).toBe(204);
  }
  expect((await next.ben.refused('readRequest', other)).status).toBe(404);
  // A declined request can still be accepted.
  expect((await next.ben.call('acceptRequest', other)).body.id).toBe(next.id);

  const race = await fixture.asked();
  const contested = await fixture.requestOf(race.ben);
  const outcomes = await Promise.allSettled([
    race.ben.call('acceptRequest', contested),
    race.ben.on(1).call('declineRequest', contested),
  ]);
  const { body } = await race.ben.call('acceptRequest', contested);
  expect([outcomes[0].status, body.participant_count]).toEqual(['fulfilled', 2]);
});

test('[D3] acknowledged messages that race with acceptance arrive once and in order', async () => {
  const { ana, ben, id } = await fixture.asked();
  const phone = ben.on(1).device();
  await phone.connect();
  await phone.drained();
  const request = await fixture.requestOf(ben);
  const [sent] = await Promise.all([
    Promise.allSettled(Array.from({ length: 20 }, (_, i) => ana.send(id, `racing ${i}`))),
    ben.on(1).call('acceptRequest', request),
  ]);
  const acknowledged = sent.flatMap((one) => (one.status === 'fulfilled' ? [one.value.seq] : []));
  expect(acknowledged.length).toBeGreaterThanOrEqual(3);
  const last = 2 + acknowledged.length;
  await until('all messages arrived', () => phone.wire(id).length === last);
  expect(phone.wire(id)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
  expect(phone.violations).toEqual([]);
});

test('a reply accepts a request, and so does opening the conversation from the other side', async () => {
  const { ana, ben, bens, id } = await fixture.asked();
  const answer = await bens.ask('chat:message_send', {
    ...{ conversationId: id, contentEncrypted: 'who are you?', clientMessageId: 'answer' },
  });
  expect(answer).toMatchObject({ success: true, message: { seq: 3 } });
  expect(await ana.conversation(id)).toMatchObject({ request: null });
  expect(await fixture.requestsOf(ben)).toEqual([]);

  const other = await fixture.asked();
  const opened = await other.ben.on(1).call('createDirect', { body: { user_id: other.ana.id } });
  expect([opened.status, opened.body.id, opened.body.request]).toEqual([200, other.id, null]);

  // Concurrent attempts: one creates the request, the other accepts it.
  const { cleo, dan } = await fixture.people.registerAll('cleo', 'dan');
  const both = await Promise.all([
    cleo.call('createDirect', { body: { user_id: dan.id } }),
    dan.on(1).call('createDirect', { body: { user_id: cleo.id } }),
  ]);
  expect(new Set(both.map(({ body }) => body.id)).size).toBe(1);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 201]);
  expect((await dan.conversation(both[0].body.id)).request).toBeNull();
});

test('a request disappears when its author is deleted, and is closed when its recipient is deleted', async () => {
  const { ana, ben } = await fixture.asked();
  expect(await fixture.requestsOf(ben)).toHaveLength(1);
  await ana.call('deleteMe', { body: { password: ana.password } });
  expect(await fixture.requestsOf(ben)).toEqual([]);

  const other = await fixture.asked();
  await other.ben.call('deleteMe', { body: { password: other.ben.password } });
  await until('the conversation is closed', async () => {
    return (await other.ana.conversation(other.id)).barred === 'deleted';
  });
  const rows = await fixture.instance.sql('SELECT FROM requests WHERE to_id = $1 OR from_id = $1', [
    other.ben.id,
  ]);
  expect(rows).toEqual([]);
});

test('an export contains requests in both directions, and does not reveal declined ones', async () => {
  const { ana, ben, id } = await fixture.asked();
  await ben.call('declineRequest', await fixture.requestOf(ben));
  const exported = async ({ token }: Person) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${fixture.instance.url()}/api/users/me/export`, { headers });
    const lines = (await answer.text()).trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const received = (await exported(ben)).find(({ record }) => record === 'request_received');
  expect(received).toMatchObject({ conversation_id: id, from: ana.id, state: 'declined' });
  const sent = (await exported(ana)).find(({ record }) => record === 'request_sent');
  expect(Object.keys(sent ?? {}).sort()).toEqual([
    ...['conversation_id', 'created_at', 'id', 'kind', 'record', 'to'],
  ]);
  expect((await exported(ana)).some(({ record }) => record === 'privacy')).toBe(true);
});

test('requests per user and day are limited', async () => {
  const ana = await fixture.people.register('ana');
  const statuses: number[] = [];
  for (let i = 0; i < 21; i += 1) {
    const { id: user_id } = await fixture.people.register();
    const ask = { body: { user_id } };
    const answer = await ana
      .call('createDirect', ask)
      .catch(() => ana.refused('createDirect', ask));
    statuses.push(answer.status);
  }
  expect(statuses).toEqual([...Array.from({ length: 20 }, () => 201), 429]);
});

test('[D1] a killed node loses neither a request nor an acceptance', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  await ana.send(id, 'before the crash');
  await fixture.instance.nodes[0]?.program.kill();
  expect(await fixture.requestsOf(ben.on(1))).toMatchObject([
    { conversation_id: id, message_count: 1 },
  ]);
  const [request] = await fixture.requestsOf(ben.on(1));
  const phone = ben.on(1).device();
  await phone.connect();
  await ben.on(1).call('acceptRequest', { params: { id: request?.id ?? '' } });
  await fixture.instance.nodes[0]?.restart();
  await fixture.instance.nodes[1]?.program.kill();
  expect(await ben.conversation(id)).toMatchObject({ request: null, participant_count: 2 });
  await fixture.instance.nodes[1]?.restart();
  expect((await ben.history(id)).map((one) => one.content_encrypted)).toEqual(['before the crash']);
  await ben.send(id, 'after it');
  const again = ana.on(1).device();
  await again.connect();
  await until('the message arrived', () => again.wire(id).includes(2));
});
