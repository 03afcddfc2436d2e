import {
  type Conversation,
  REQUEST_CONTENT_MAX_BYTES,
  REQUEST_MESSAGES_MAX,
  serverEvents,
} from '@chasqui/protocol';
import {
  createPeople,
  type Instance,
  openInstance,
  openSocket,
  type People,
  type Person,
  type SocketClient,
  until,
} from '@chasqui/testkit';

// CONTACT_POLICY=requests, seen from outside: the two sides are on different nodes.

let instance: Instance;
let people: People;
const sockets: SocketClient[] = [];

beforeAll(async () => {
  const env = { CONTACT_POLICY: 'requests', SWEEP_INTERVAL_MS: '1000' };
  instance = await openInstance({ nodes: 2, env });
  people = createPeople(instance);
});
afterAll(async () => {
  for (const socket of sockets) socket.close();
  people.disconnectAll();
  await instance.close();
});

const connect = async ({ token }: Person, node: number): Promise<SocketClient> => {
  const socket = await openSocket(instance.url(node), { auth: { token } });
  sockets.push(socket);
  return socket;
};
const requestsOf = async (person: Pick<Person, 'call'>) =>
  (await person.call('listRequests')).body.requests;
const requestOf = async (person: Person): Promise<{ params: { id: string } }> => {
  const [request] = await requestsOf(person);
  if (request === undefined) throw new Error('nothing waits for an answer');
  return { params: { id: request.id } };
};
const presenceOf = async (viewer: Person, seen: Person) =>
  (await viewer.call('readUser', { params: { id: seen.id } })).body.presence;

/** Ana has asked Ben and written twice; both have a connection. */
async function asked() {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const [anas, bens] = [await connect(ana, 0), await connect(ben, 1)];
  const { id } = await people.direct(ana, ben);
  const first = await ana.send(id, 'hello', { client_message_id: 'first' });
  await ana.send(id, 'it is me');
  return { ana, ben, anas, bens, id, first };
}

test('[D1] [D9] a stranger’s messages wait: stored for the sender, a request for the other, and no conversation', async () => {
  const { ana, ben, bens, id, first } = await asked();
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

  await until('the other side knows', () => bens.all('requests:changed').length > 0);
  const [request] = await requestsOf(ben.on(1));
  expect(request).toMatchObject({
    ...{ kind: 'contact', conversation_id: id, from: { user_id: ana.id, username: ana.username } },
    ...{ message_count: 2, last_message: { seq: 2, content_encrypted: 'it is me' }, title: null },
  });
  const opened = await ben.call('readRequest', await requestOf(ben));
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
  // Nobody is woken for it.
  const deliveries = await instance.sql('SELECT FROM deliveries WHERE user_id = $1', [ben.id]);
  expect(deliveries).toEqual([]);
});

test('a request takes a few short messages, and says so', async () => {
  const { ana, ben, anas, id } = await asked();
  const refused = (content: string) =>
    ana.refused('sendMessage', { body: { conversation_id: id, content_encrypted: content } });
  const waiting = { status: 403, error: { details: { reason: 'requested' } } };
  expect(await refused('x'.repeat(REQUEST_CONTENT_MAX_BYTES + 1))).toMatchObject(waiting);
  // In one batch: what fits is stored, what does not is refused, and no number is burnt.
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
  await ben.call('acceptRequest', await requestOf(ben));
  expect((await ana.send(id, 'y'.repeat(40_000))).seq).toBe(REQUEST_MESSAGES_MAX + 1);
});

/** What neither may be told of the other before acceptance, by event. The rest concerns only one’s own affairs. */
const silent = serverEvents
  .map(({ name }) => name)
  .filter((name) => !['session:ready', 'chat:queue_empty', 'requests:changed'].includes(name));

test('[D6] [D10] before acceptance no event, receipt or presence passes between the two', async () => {
  const { ana, ben, anas, bens, id, first } = await asked();
  const group = await people.group(ana);
  await until('the request is there', () => bens.all('requests:changed').length >= 2);
  const told = (socket: SocketClient, other: Person) =>
    socket.events.filter(
      ({ event, data }) =>
        silent.some((name) => name === event) && JSON.stringify(data).includes(other.id),
    );
  const before = told(anas, ben).length;

  await ben.call('readRequest', await requestOf(ben));
  await anas.ask('chat:typing', { conversationId: id, isTyping: true });
  expect(await bens.ask('chat:typing', { conversationId: id, isTyping: true })).toMatchObject({
    ...{ success: false, error: { name: 'NotFoundError' } },
  });
  expect(await bens.ask('chat:message_read', { conversationId: id, seq: first.seq })).toMatchObject(
    { success: false },
  );
  for (const socket of [anas, bens]) {
    await socket.ask('presence:offline');
    await socket.ask('presence:online');
  }
  await ana.call('editMessage', {
    params: { messageId: first.id },
    body: { content_encrypted: 'hello you' },
  });
  await ana.call('addReaction', { params: { messageId: first.id }, body: { emoji: '👍' } });
  await ana.call('renameConversation', { params: { id }, body: { retention_s: 86_400 } });
  // Events of the sender’s own group come after all that.
  await ana.send(group.id, 'to myself');
  await until('it has come', () => JSON.stringify(anas.events).includes('to myself'));
  await ben.call('changePrivacy', { body: { who_can_add: 'everybody' } });
  await until('it has come', () => bens.all('privacy:changed').length > 0);

  expect(told(bens, ana)).toEqual([]);
  // The sender’s own change of the conversation, and nothing else.
  const news = told(anas, ben).slice(before);
  expect([...new Set(news.map(({ event }) => event))]).toEqual(['conversation:updated']);
  expect([await presenceOf(ana, ben), await presenceOf(ben, ana)]).toEqual([null, null]);
  const status = await ana.call('readStatus', { params: { messageId: first.id } });
  expect(status.body).toMatchObject({
    ...{ recipient_count: 1, delivered_count: 0, read_count: 0 },
    statuses: [{ user_id: ben.id, status: 'sent', delivered_at: null, read_at: null }],
  });
  const statuses = (await ana.history(id)).map((one) => one.status);
  expect(new Set(statuses)).toEqual(new Set(['sent']));
});

test('[D4] [D6] [D8] acceptance makes it a normal conversation: the backlog comes, and receipts begin', async () => {
  const { ana, ben, anas, id } = await asked();
  const phone = ben.on(1).device();
  await phone.connect();
  await phone.drained();
  const { cursor } = (await ben.call('readSync')).body;
  const { body } = await ben.call('acceptRequest', await requestOf(ben));
  expect(body).toMatchObject({ id, request: null, participant_count: 2, my: { unread_count: 2 } });
  await until('the messages came', () => phone.wire(id).length === 2);
  expect(phone.violations).toEqual([]);
  const reached = () =>
    (anas.all('chat:message_status_updated') as { status: string; seq: number }[]).at(-1);
  await until('they are delivered', () => reached()?.seq === 2);
  await phone.read(id, 2);
  await until('and read', () => reached()?.status === 'read');
  await until('the sender sees a normal conversation', () =>
    (anas.all('conversation:updated') as { id: string; request: unknown }[]).some(
      (one) => one.id === id && one.request === null,
    ),
  );
  await until('and who is there', () =>
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

test('[D7] a device that was away finds new and settled requests by sync', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { cursor } = (await ben.call('readSync')).body;
  const { id } = await people.direct(ana, ben);
  const sync = async () => (await ben.on(1).call('readSync', { query: { cursor } })).body;
  // An empty conversation is nothing to answer.
  expect((await sync()).requests).toBeUndefined();
  await ana.send(id, 'hello');
  expect((await sync()).requests).toMatchObject([{ conversation_id: id, message_count: 1 }]);
  await ben.call('declineRequest', await requestOf(ben));
  expect((await sync()).requests).toBeUndefined();
});

/** All that the sender can find out, without what differs from one conversation to the next. */
async function seenBySender(person: Person, other: Person, id: string): Promise<unknown> {
  const [message] = await person.history(id);
  const params = { messageId: message?.id ?? '' };
  const found = {
    conversation: await person.conversation(id),
    history: await person.history(id),
    status: (await person.call('readStatus', { params })).body,
    user: (await person.call('readUser', { params: { id: other.id } })).body,
    again: (await person.call('createDirect', { body: { user_id: other.id } })).body,
    more: await person.send(id, 'are you there?'),
    full: await Promise.all(
      ['3', '4', '5'].map((content_encrypted) => {
        const body = { conversation_id: id, content_encrypted };
        return person.call('sendMessage', { body }).then(
          ({ status }) => status,
          (error: Error) => error.message.slice(0, 60),
        );
      }),
    ),
    exported: /"record":"request_sent".*/.exec(
      await (
        await fetch(`${instance.url()}/api/users/me/export`, {
          headers: { authorization: `Bearer ${person.token}` },
        })
      ).text(),
    )?.[0],
  };
  // Two who came at the same moment stand in the order of their ids.
  const inOrder = ({ participants, ...conversation }: Conversation) => ({
    ...conversation,
    participants: participants.toSorted((a) => (a.user_id === person.id ? -1 : 1)),
  });
  const text = JSON.stringify({
    ...found,
    conversation: inOrder(found.conversation),
    again: inOrder(found.again),
  });
  const names = [person, other].flatMap((one) => [one.id, one.username]);
  return [...names, id]
    .reduce((rest, name, i) => rest.replaceAll(name, `<${i}>`), text)
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
}

test('[D9] the sender cannot tell declined, declined and blocked, and unanswered apart', async () => {
  const outcomes: unknown[] = [];
  const events: unknown[] = [];
  for (const answer of ['none', 'decline', 'block'] as const) {
    const { ana, ben, anas, bens, id } = await asked();
    const request = await requestOf(ben);
    if (answer === 'decline') await ben.on(1).call('declineRequest', request);
    if (answer === 'block') await ben.call('blockUser', { params: { id: ana.id } });
    expect([answer, await requestsOf(ben)]).toEqual([
      answer,
      answer === 'none' ? [expect.anything()] : [],
    ]);
    if (answer !== 'none') {
      await until('other devices know', () => bens.all('requests:changed').length >= 3);
    }
    outcomes.push(await seenBySender(ana, ben, id));
    await until('all is told', () => anas.all('chat:message_received').length >= 5);
    events.push(anas.events.map(({ event }) => event));
    if (answer !== 'none') expect(await requestsOf(ben)).toEqual([]);
  }
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(outcomes[2]).toEqual(outcomes[0]);
  expect(events[1]).toEqual(events[0]);
  expect(events[2]).toEqual(events[0]);
});

test('accepting and declining can be repeated, and of two answers the first one holds', async () => {
  const { ben, id } = await asked();
  const request = await requestOf(ben);
  const twice = await Promise.all([
    ben.call('acceptRequest', request),
    ben.on(1).call('acceptRequest', request),
  ]);
  expect(twice.map(({ body }) => [body.id, body.participant_count])).toEqual([
    [id, 2],
    [id, 2],
  ]);
  expect((await ben.refused('declineRequest', request)).status).toBe(409);

  const next = await asked();
  const other = await requestOf(next.ben);
  for (const node of [0, 1]) {
    expect((await next.ben.on(node).call('declineRequest', other)).status).toBe(204);
  }
  expect((await next.ben.refused('readRequest', other)).status).toBe(404);
  // A change of mind is welcome.
  expect((await next.ben.call('acceptRequest', other)).body.id).toBe(next.id);

  const race = await asked();
  const contested = await requestOf(race.ben);
  const outcomes = await Promise.allSettled([
    race.ben.call('acceptRequest', contested),
    race.ben.on(1).call('declineRequest', contested),
  ]);
  const { body } = await race.ben.call('acceptRequest', contested);
  expect([outcomes[0].status, body.participant_count]).toEqual(['fulfilled', 2]);
});

test('[D3] messages and the acceptance race: every acknowledged one arrives, once and in order', async () => {
  const { ana, ben, id } = await asked();
  const phone = ben.on(1).device();
  await phone.connect();
  await phone.drained();
  const request = await requestOf(ben);
  const [sent] = await Promise.all([
    Promise.allSettled(Array.from({ length: 20 }, (_, i) => ana.send(id, `racing ${i}`))),
    ben.on(1).call('acceptRequest', request),
  ]);
  const acknowledged = sent.flatMap((one) => (one.status === 'fulfilled' ? [one.value.seq] : []));
  expect(acknowledged.length).toBeGreaterThanOrEqual(3);
  const last = 2 + acknowledged.length;
  await until('all came', () => phone.wire(id).length === last);
  expect(phone.wire(id)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
  expect(phone.violations).toEqual([]);
});

test('an answer is an acceptance, and so is opening the conversation from the other side', async () => {
  const { ana, ben, bens, id } = await asked();
  const answer = await bens.ask('chat:message_send', {
    ...{ conversationId: id, contentEncrypted: 'who are you?', clientMessageId: 'answer' },
  });
  expect(answer).toMatchObject({ success: true, message: { seq: 3 } });
  expect(await ana.conversation(id)).toMatchObject({ request: null });
  expect(await requestsOf(ben)).toEqual([]);

  const other = await asked();
  const opened = await other.ben.on(1).call('createDirect', { body: { user_id: other.ana.id } });
  expect([opened.status, opened.body.id, opened.body.request]).toEqual([200, other.id, null]);

  // Both at once: one asks, and the other's wish is the acceptance.
  const { cleo, dan } = await people.registerAll('cleo', 'dan');
  const both = await Promise.all([
    cleo.call('createDirect', { body: { user_id: dan.id } }),
    dan.on(1).call('createDirect', { body: { user_id: cleo.id } }),
  ]);
  expect(new Set(both.map(({ body }) => body.id)).size).toBe(1);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 201]);
  expect((await dan.conversation(both[0].body.id)).request).toBeNull();
});

test('who shares a group or has been accepted does not have to ask', async () => {
  const { ana, ben, cleo } = await people.registerAll('ana', 'ben', 'cleo');
  const group = await people.group(ana);
  const added = await ana.call('addParticipant', {
    params: { id: group.id },
    body: { user_id: ben.id },
  });
  expect(added.status).toBe(202);
  await ben.call('acceptRequest', await requestOf(ben));
  expect((await people.direct(ana, ben)).request).toBeNull();
  const { body } = await ben
    .refused('createDirect', { body: { user_id: ben.id } })
    .then(() => people.direct(cleo, ben).then((conversation) => ({ body: conversation })));
  expect(body.request).toMatchObject({ to: ben.id });
});

test('[D9] groups invite strangers: until they accept they see its title, its size and who invites', async () => {
  const { ana, ben, cleo } = await people.registerAll('ana', 'ben', 'cleo');
  const bens = await connect(ben, 1);
  const group = await people.group(ana, ben);
  const params = { id: group.id };
  expect(group.participants.map(({ user_id }) => user_id)).toEqual([ana.id]);
  await ana.send(group.id, 'before anybody came');
  await until('it is known', () => bens.all('requests:changed').length > 0);
  const invite = { params, body: { user_id: cleo.id, role: 'moderator' } };
  const first = await ana.call('addParticipant', invite);
  const second = await ana.on(1).call('addParticipant', invite);
  expect([first.status, second.status, second.body]).toEqual([202, 202, first.body]);
  const [request] = await requestsOf(ben);
  expect(request).toMatchObject({
    ...{ kind: 'group', title: 'a group', member_count: 1, from: { user_id: ana.id } },
    ...{ message_count: 0, last_message: null },
  });
  const { invited } = (await ana.call('listInvited', { params })).body;
  expect(invited.map(({ user_id, role }) => [user_id, role])).toEqual([
    [cleo.id, 'moderator'],
    [ben.id, 'member'],
  ]);
  expect((await ben.refused('readConversation', { params })).status).toBe(404);
  expect((await ben.refused('listInvited', { params })).status).toBe(404);
  expect(bens.events.map(({ event }) => event)).toEqual(
    expect.not.arrayContaining(['conversation:created', 'chat:message_received']),
  );

  const { body } = await ben.call('acceptRequest', await requestOf(ben));
  expect(body).toMatchObject({ id: group.id, participant_count: 2, my: { role: 'member' } });
  const history = await ben.history(group.id);
  expect(history.map(({ event }) => event?.type)).toEqual(['added']);
  // A declined invitation looks like one that waits, and asking again changes nothing.
  await cleo.call('declineRequest', await requestOf(cleo));
  expect((await ana.call('addParticipant', invite)).status).toBe(202);
  expect(await requestsOf(cleo)).toEqual([]);
  const after = (await ana.call('listInvited', { params })).body.invited;
  expect(after.map(({ user_id }) => user_id)).toEqual([cleo.id]);
});

test('who left a group is asked; who was removed is added; an invitation can be taken back', async () => {
  const { ana, ben, cleo } = await people.registerAll('ana', 'ben', 'cleo');
  const { id } = await people.group(ana, ben, cleo);
  const add = async (who: Person) =>
    (await ana.call('addParticipant', { params: { id }, body: { user_id: who.id } })).status;
  for (const one of [ben, cleo]) await one.call('acceptRequest', await requestOf(one));
  await ben.call('removeParticipant', { params: { id, userId: ben.id } });
  await ana.call('removeParticipant', { params: { id, userId: cleo.id } });
  // Each has accepted an invitation of hers before, so she is no stranger to them.
  expect([await add(ben), await add(cleo)]).toEqual([202, 201]);
  const request = await requestOf(ben);
  await ana.call('removeParticipant', { params: { id, userId: ben.id } });
  expect(await requestsOf(ben)).toEqual([]);
  expect((await ben.refused('acceptRequest', request)).status).toBe(404);
  expect(await add(ben)).toBe(202);
  await ben.call('acceptRequest', await requestOf(ben));
  expect((await ana.conversation(id)).participant_count).toBe(3);
});

test('an invitation is worth nothing once its author may not add anybody', async () => {
  const { ana, ben, cleo } = await people.registerAll('ana', 'ben', 'cleo');
  const { id } = await people.group(ana, ben);
  await ben.call('acceptRequest', await requestOf(ben));
  const userId = ben.id;
  await ana.call('changeRole', { params: { id, userId }, body: { role: 'admin' } });
  const body = { user_id: cleo.id, role: 'admin' };
  expect((await ben.call('addParticipant', { params: { id }, body })).status).toBe(202);
  await ana.call('changeRole', { params: { id, userId }, body: { role: 'moderator' } });
  const request = await requestOf(cleo);
  expect((await cleo.refused('acceptRequest', request)).status).toBe(404);
  await ana.call('removeParticipant', { params: { id, userId } });
  expect(await requestsOf(cleo)).toEqual([]);
});

test('a request of somebody whose account is deleted disappears, and the other way round it is told', async () => {
  const { ana, ben } = await asked();
  expect(await requestsOf(ben)).toHaveLength(1);
  await ana.call('deleteMe', { body: { password: ana.password } });
  expect(await requestsOf(ben)).toEqual([]);

  const other = await asked();
  await other.ben.call('deleteMe', { body: { password: other.ben.password } });
  await until('it is closed', async () => {
    return (await other.ana.conversation(other.id)).barred === 'deleted';
  });
  const rows = await instance.sql('SELECT FROM requests WHERE to_id = $1 OR from_id = $1', [
    other.ben.id,
  ]);
  expect(rows).toEqual([]);
});

test('an export holds requests of both directions, and does not say who has declined', async () => {
  const { ana, ben, id } = await asked();
  await ben.call('declineRequest', await requestOf(ben));
  const exported = async ({ token }: Person) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${instance.url()}/api/users/me/export`, { headers });
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

test('one user can ask only so many people a day', async () => {
  const ana = await people.register('ana');
  const statuses: number[] = [];
  for (let i = 0; i < 21; i += 1) {
    const { id: user_id } = await people.register();
    const ask = { body: { user_id } };
    const answer = await ana
      .call('createDirect', ask)
      .catch(() => ana.refused('createDirect', ask));
    statuses.push(answer.status);
  }
  expect(statuses).toEqual([...Array.from({ length: 20 }, () => 201), 429]);
});

test('[D1] a killed node loses no request and no acceptance', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  await ana.send(id, 'before the crash');
  await instance.nodes[0]?.program.kill();
  expect(await requestsOf(ben.on(1))).toMatchObject([{ conversation_id: id, message_count: 1 }]);
  const [request] = await requestsOf(ben.on(1));
  const phone = ben.on(1).device();
  await phone.connect();
  await ben.on(1).call('acceptRequest', { params: { id: request?.id ?? '' } });
  await instance.nodes[0]?.restart();
  await instance.nodes[1]?.program.kill();
  expect(await ben.conversation(id)).toMatchObject({ request: null, participant_count: 2 });
  await instance.nodes[1]?.restart();
  expect((await ben.history(id)).map((one) => one.content_encrypted)).toEqual(['before the crash']);
  await ben.send(id, 'after it');
  const again = ana.on(1).device();
  await again.connect();
  await until('it is there', () => again.wire(id).includes(2));
});
