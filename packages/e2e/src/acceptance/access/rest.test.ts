import { randomUUID } from 'node:crypto';
import type { Conversation, EndpointName } from '@chasqui/protocol';
import {
  type Ask,
  createHttpClient,
  createPeople,
  createRestClient,
  type Instance,
  openInstance,
  type People,
  type Person,
  withoutStatus,
} from '@chasqui/testkit';

// Section 3 of the contract, row by row. Every answer is held to the schema of its endpoint by the client.

let instance: Instance;
let people: People;
beforeAll(async () => {
  instance = await openInstance({ worker: false });
  people = createPeople(instance);
});
afterAll(() => instance.close());

describe('auth', () => {
  const somebody = () => {
    const username = `u_${randomUUID().slice(0, 8)}`;
    return { username, email: `${username}@example.org`, password: 'eight888' };
  };
  const rest = () => createRestClient(instance.url());

  test('register answers 201, login by name or by email 200, with the same user', async () => {
    const who = somebody();
    const registered = await rest().call('register', {
      body: { ...who, display_name: 'Somebody' },
    });
    expect(registered.status).toBe(201);
    expect(registered.body.user.display_name).toBe('Somebody');
    expect(registered.body.expires_in).toBe(900);
    for (const name of [{ username: who.username }, { email: who.email }]) {
      const login = await rest().call('login', { body: { ...name, password: who.password } });
      expect(login.status).toBe(200);
      expect(login.body.user.id).toBe(registered.body.user.id);
    }
  });

  test('a name that is taken is a ConflictError, a wrong password an UnauthorizedError', async () => {
    const who = somebody();
    await rest().call('register', { body: who });
    expect(await rest().refused('register', { body: who })).toMatchObject({
      status: 409,
      name: 'ConflictError',
    });
    const refused = await rest().refused('login', { body: { ...who, password: 'wrong one' } });
    expect(refused).toMatchObject({ status: 401, name: 'UnauthorizedError' });
  });

  test('a refresh rotates; its token is not good for REST, nor the access token for a refresh', async () => {
    const ana = await people.register();
    const refreshed = await rest().call('refresh', { body: { refresh_token: ana.refreshToken } });
    expect(refreshed.status).toBe(200);
    expect(refreshed.body.refresh_token).not.toBe(ana.refreshToken);
    for (const token of [ana.refreshToken, 'nonsense', '']) {
      expect((await rest().refused('readMe', { token })).status).toBe(401);
    }
    const swapped = await rest().refused('refresh', { body: { refresh_token: ana.token } });
    expect(swapped).toMatchObject({ status: 401, name: 'UnauthorizedError' });
  });

  test('logout answers 204 and ends the access token and the refresh token', async () => {
    const ana = await people.register();
    expect((await ana.call('logout')).status).toBe(204);
    expect((await ana.refused('readMe')).status).toBe(401);
    const refused = await rest().refused('refresh', { body: { refresh_token: ana.refreshToken } });
    expect(refused.status).toBe(401);
  });

  test('passwords of 8 and of 200 characters are taken, of 7 and of 201 refused', async () => {
    for (const [length, status] of [
      [7, 400],
      [8, 201],
      [200, 201],
      [201, 400],
    ] as const) {
      const body = { ...somebody(), password: 'p'.repeat(length) };
      const reply = await createHttpClient(instance.url())('POST', '/api/auth/register', { body });
      expect([length, reply.status]).toEqual([length, status]);
    }
  });
});

describe('users', () => {
  test('presence is shown to those who share a conversation, null to others', async () => {
    const { ana, ben, eve } = await people.registerAll('ana', 'ben', 'eve');
    await people.direct(ana, ben);
    const seenBy = async (viewer: Person) =>
      (await viewer.call('readUser', { params: { id: ben.id } })).body;
    expect((await seenBy(ana)).presence).toMatchObject({ status: 'offline' });
    expect((await seenBy(eve)).presence).toBeNull();
    expect((await ben.call('readMe')).body.id).toBe(ben.id);
    const found = await eve.call('findUsers', { query: { query: ben.username.toUpperCase() } });
    expect(found.body.users.map(({ id }) => id)).toEqual([ben.id]);
    expect((await ana.refused('readUser', { params: { id: randomUUID() } })).status).toBe(404);
  });
});

describe('conversations', () => {
  test('two users have one direct conversation, regardless of who asks and how often', async () => {
    const { ana, ben } = await people.registerAll('ana', 'ben');
    const replies = await Promise.all(
      [ana, ben, ana, ben].map((one) =>
        one.call('createDirect', { body: { user_id: one === ana ? ben.id : ana.id } }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    const [reply] = replies;
    expect(reply?.body.participants.map(({ role }) => role)).toEqual(['member', 'member']);
    expect(reply?.body).toMatchObject({ type: 'direct', title: null, participant_count: 2 });
    expect(reply?.body.my).toMatchObject({ role: 'member', unread_count: 0 });
  });

  test('nobody talks to themselves or to nobody', async () => {
    const ana = await people.register();
    expect((await ana.refused('createDirect', { body: { user_id: ana.id } })).status).toBe(400);
    const nobody = await ana.refused('createDirect', { body: { user_id: randomUUID() } });
    expect(nobody.status).toBe(404);
    const group = { title: 'x', participant_ids: [randomUUID()] };
    expect((await ana.refused('createGroup', { body: group })).status).toBe(404);
  });

  test('title and participants of a direct conversation cannot be changed', async () => {
    const { ana, ben, eve } = await people.registerAll('ana', 'ben', 'eve');
    const { id } = await people.direct(ana, ben);
    const asks: [EndpointName, Ask][] = [
      ['renameConversation', { params: { id }, body: { title: 'new' } }],
      ['addParticipant', { params: { id }, body: { user_id: eve.id } }],
      ['changeRole', { params: { id, userId: ben.id }, body: { role: 'admin' } }],
      ['removeParticipant', { params: { id, userId: ben.id } }],
      ['removeParticipant', { params: { id, userId: ana.id } }],
    ];
    for (const [name, ask] of asks) {
      expect([name, (await ana.refused(name, ask)).name]).toEqual([name, 'ForbiddenError']);
    }
  });

  test('lists come with the most recent activity first, page by page, without overlap', async () => {
    const { ana, ben } = await people.registerAll('ana', 'ben');
    const made: Conversation[] = [];
    for (let i = 0; i < 5; i++) made.push(await people.group(ana, ben));
    const [first] = made;
    if (!first) throw new Error('no group');
    await ana.send(first.id, 'the newest');
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await ben.call('listConversations', { query: { limit: 2, cursor } });
      expect(body.conversations.length).toBeLessThanOrEqual(2);
      listed.push(...body.conversations.map(({ id }) => id));
      cursor = body.next_cursor ?? undefined;
    } while (cursor !== undefined);
    const expected = [first, ...made.slice(1).reverse()].map(({ id }) => id);
    expect(listed).toEqual(expected);
    const [newest] = (await ben.call('listConversations')).body.conversations;
    expect(newest?.last_message?.content_encrypted).toBe('the newest');
    expect(newest?.my.unread_count).toBe(1);
  });

  test('the same user and client_id yield the same group', async () => {
    const [ana, ben] = [await people.register(), await people.register()];
    const body = {
      title: 'x',
      participant_ids: [ben.id],
      client_id: '{"any": \'text\'} ../%2e ❤️',
    };
    const first = await ana.call('createGroup', { body });
    const repeat = await ana.call('createGroup', { body });
    expect([first.status, repeat.status]).toEqual([201, 200]);
    expect(repeat.body).toEqual(first.body);
    for (const client_id of ['', 'x'.repeat(129), 'a\0b', 5, null]) {
      const refused = await ana.refused('createGroup', { body: { ...body, client_id } });
      expect(refused.status).toBe(400);
    }
  });

  test('a group of 130 embeds 100 participants, lists 5, and pages all of them', async () => {
    const ana = await people.register();
    const others = await Promise.all(Array.from({ length: 9 }, () => people.register()));
    const extra = await instance.sql<{ id: string }>(
      `INSERT INTO users (id, username, username_key, email, email_key, display_name)
       SELECT gen_random_uuid(), 'extra' || i, 'extra' || i, 'e' || i || '@test', 'e' || i || '@test', 'Extra'
       FROM generate_series(1, 120) i RETURNING id`,
    );
    const { body: group } = await ana.call('createGroup', {
      body: { title: 'many', participant_ids: [...others, ...extra].map(({ id }) => id) },
    });
    expect(group.participant_count).toBe(130);
    expect(group.participants).toHaveLength(100);
    const [listed] = (await ana.call('listConversations')).body.conversations;
    expect(listed?.participants).toHaveLength(5);
    const all = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await ana.call('listParticipants', {
        params: { id: group.id },
        query: { limit: 50, cursor },
      });
      for (const { user_id } of page.body.participants) all.add(user_id);
      cursor = page.body.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(all.size).toBe(130);
  });
});

describe('roles', () => {
  test('nobody grants a role above their own, and a moderator removes members only', async () => {
    const { admin, moderator, someone } = await people.registerAll('admin', 'moderator', 'someone');
    const { id } = await people.group(admin, moderator);
    const params = { id };
    await admin.call('changeRole', {
      params: { id, userId: moderator.id },
      body: { role: 'moderator' },
    });
    const body = (role: string) => ({ user_id: someone.id, role });
    for (const role of ['admin', 'moderator']) {
      const refused = await moderator.refused('addParticipant', { params, body: body(role) });
      expect(refused.status).toBe(403);
    }
    await admin.call('addParticipant', { params, body: body('moderator') });
    const of = (person: Person) => ({ params: { id, userId: person.id } });
    expect((await moderator.refused('removeParticipant', of(someone))).status).toBe(403);
    expect((await moderator.refused('removeParticipant', of(admin))).status).toBe(403);
    expect((await someone.call('removeParticipant', of(someone))).status).toBe(204);
    const twice = await admin.refused('addParticipant', {
      params,
      body: { user_id: moderator.id },
    });
    expect(twice.name).toBe('ConflictError');
  });

  test('when the last admin leaves, the longest-standing moderator becomes admin, else member', async () => {
    const { ana, ben, cleo } = await people.registerAll('ana', 'ben', 'cleo');
    const { id } = await people.group(ana, ben, cleo);
    const of = (person: Person) => ({ id, userId: person.id });
    await ana.call('changeRole', { params: of(cleo), body: { role: 'moderator' } });
    await ana.call('removeParticipant', { params: of(ana) });
    expect((await cleo.conversation(id)).my.role).toBe('admin');
    await cleo.call('removeParticipant', { params: of(cleo) });
    expect((await ben.conversation(id)).my.role).toBe('admin');
    const events = (await ben.history(id)).map(({ event }) => event?.type);
    expect(events.filter((type) => type === 'left')).toHaveLength(2);
  });
});

describe('messages', () => {
  let ana: Person;
  let ben: Person;
  let id: string;
  beforeEach(async () => {
    ({ ana, ben } = await people.registerAll('ana', 'ben'));
    ({ id } = await people.direct(ana, ben));
  });

  test('[D2] 201 for a first send, 200 with the same message for a repeat, 409 for other content', async () => {
    const body = { conversation_id: id, content_encrypted: 'one', client_message_id: 'mine' };
    const first = await ana.call('sendMessage', { body });
    const repeat = await ana.call('sendMessage', { body });
    expect([first.status, repeat.status]).toEqual([201, 200]);
    expect(repeat.body).toEqual(first.body);
    const other = { ...body, content_encrypted: 'two' };
    expect((await ana.refused('sendMessage', { body: other })).name).toBe('ConflictError');
    // The same id of somebody else is another message.
    expect((await ben.call('sendMessage', { body })).status).toBe(201);
    expect((await ana.send(id, 'next')).seq).toBe(3);
  });

  test('[D2] a repeat after an edit or a deletion is the message as it is now', async () => {
    const body = { conversation_id: id, content_encrypted: 'one', client_message_id: 'mine' };
    const { id: messageId } = (await ana.call('sendMessage', { body })).body;
    const params = { messageId };
    await ana.call('editMessage', { params, body: { content_encrypted: 'edited' } });
    expect((await ana.call('sendMessage', { body })).body.content_encrypted).toBe('edited');
    const edited = { ...body, content_encrypted: 'edited' };
    expect((await ana.refused('sendMessage', { body: edited })).status).toBe(409);
    await ana.call('deleteMessage', { params });
    const repeat = await ana.call('sendMessage', { body });
    expect(repeat).toMatchObject({ status: 200, body: { seq: 1, content_encrypted: null } });
  });

  test('history is ascending by seq, newest page first, by place and by offset', async () => {
    for (let i = 1; i <= 12; i++) await ana.send(id, `m${i}`);
    const page = async (query: Ask['query']) => {
      const { body } = await ben.call('readHistory', { params: { conversationId: id }, query });
      return { seqs: body.messages.map(({ seq }) => seq), more: body.has_more };
    };
    expect(await page({ limit: 5 })).toEqual({ seqs: [8, 9, 10, 11, 12], more: true });
    expect(await page({ limit: 5, before_seq: 8 })).toEqual({ seqs: [3, 4, 5, 6, 7], more: true });
    expect(await page({ limit: 5, before_seq: 3 })).toEqual({ seqs: [1, 2], more: false });
    expect(await page({ limit: 5, after_seq: 0 })).toEqual({ seqs: [1, 2, 3, 4, 5], more: true });
    expect(await page({ limit: 5, after_seq: 10 })).toEqual({ seqs: [11, 12], more: false });
    expect(await page({ limit: 5, offset: 5 })).toEqual({ seqs: [3, 4, 5, 6, 7], more: true });
    expect(await page({ limit: 5, offset: 12 })).toEqual({ seqs: [], more: false });
    expect(await page({ limit: 12 })).toMatchObject({ more: false });
    expect(await page({ after_seq: Number.MAX_SAFE_INTEGER })).toEqual({ seqs: [], more: false });
  });

  test('an edit raises the version and keeps the seq; a deletion leaves a tombstone', async () => {
    const sent = await ana.send(id, 'one', { message_type: 'image' });
    const params = { messageId: sent.id };
    const { body: edited } = await ana.call('editMessage', {
      params,
      body: { content_encrypted: 'two' },
    });
    expect(edited).toMatchObject({ seq: 1, content_encrypted: 'two', message_type: 'image' });
    expect(edited.version).toBeGreaterThan(sent.version);
    expect(edited.edited_at).not.toBeNull();
    await ana.call('deleteMessage', { params });
    const [tombstone] = await ben.history(id);
    expect(tombstone).toMatchObject({ id: sent.id, seq: 1, content_encrypted: null });
    expect(tombstone?.deleted_at).not.toBeNull();
    expect((await ana.call('deleteMessage', { params })).status).toBe(204);
    const late = { params, body: { content_encrypted: 'three' } };
    expect((await ana.refused('editMessage', late)).status).toBeGreaterThanOrEqual(400);
    expect((await ben.history(id))[0]?.content_encrypted).toBeNull();
  });

  test('a reaction is counted once per person and emoji, and taken back', async () => {
    const { id: messageId } = await ana.send(id, 'one');
    const react = (who: Person, emoji: string) =>
      who.call('addReaction', { params: { messageId }, body: { emoji } });
    expect((await react(ben, '👍')).status).toBe(201);
    expect((await react(ben, '👍')).status).toBe(200);
    const { body } = await react(ana, '👍');
    expect(body.reactions).toEqual([{ emoji: '👍', user_ids: [ben.id, ana.id] }]);
    await ben.call('removeReaction', { params: { messageId, emoji: '👍' } });
    const [message] = await ana.history(id);
    expect(message?.reactions).toEqual([{ emoji: '👍', user_ids: [ana.id] }]);
  });

  test('a reply names a message of the same conversation', async () => {
    const sent = await ana.send(id, 'question');
    expect((await ben.send(id, 'answer', { reply_to_id: sent.id })).reply_to_id).toBe(sent.id);
    const elsewhere = await people.group(ana);
    const strange = await ana.send(elsewhere.id, 'elsewhere');
    for (const reply_to_id of [strange.id, randomUUID()]) {
      const body = { conversation_id: id, content_encrypted: 'x', reply_to_id };
      const { status } = await ben.refused('sendMessage', { body });
      expect([400, 404]).toContain(status);
    }
  });

  test('[D6] status goes sent, delivered, read, and never back; REST moves no device', async () => {
    const sent = await ana.send(id, 'one');
    expect(sent.status).toBe('sent');
    const params = { messageId: sent.id };
    const status = async () => (await ana.call('readStatus', { params })).body;
    expect(await status()).toMatchObject({ recipient_count: 1, delivered_count: 0, read_count: 0 });
    const report = (value: string) => ben.call('reportStatus', { params, body: { status: value } });
    expect((await report('delivered')).body).toMatchObject({ delivered_seq: 1, read_seq: 0 });
    expect(await status()).toMatchObject({ delivered_count: 1, read_count: 0 });
    expect((await report('read')).body).toMatchObject({ delivered_seq: 1, read_seq: 1 });
    expect((await report('delivered')).body).toMatchObject({ delivered_seq: 1, read_seq: 1 });
    const { statuses } = await status();
    expect(statuses).toMatchObject([{ user_id: ben.id, status: 'read' }]);
    expect(statuses[0]?.delivered_at).not.toBeNull();
    expect(statuses[0]?.read_at).not.toBeNull();
    expect((await ana.history(id))[0]?.status).toBe('read');
    const device = ben.device();
    await device.connect();
    await device.drained();
    expect(device.wire(id)).toEqual([1]);
  });

  test('[D6] without recipients the status is sent', async () => {
    const alone = await people.group(ana);
    const sent = await ana.send(alone.id, 'to nobody');
    await ana.call('reportStatus', { params: { messageId: sent.id }, body: { status: 'read' } });
    expect((await ana.history(alone.id)).at(-1)?.status).toBe('sent');
    const { body } = await ana.call('readStatus', { params: { messageId: sent.id } });
    expect(body).toMatchObject({ recipient_count: 0, delivered_count: 0, statuses: [] });
  });

  test('the same JSON by every door: answer, history, event and sync', async () => {
    const device = ben.device();
    await device.connect();
    await device.drained();
    const { cursor } = (await ben.call('readSync')).body;
    const sent = withoutStatus(await ana.send(id, 'same everywhere', { client_message_id: 'c' }));
    const [fetched] = await ben.history(id);
    const synced = (await ben.call('readSync', { query: { cursor } })).body.messages;
    expect(fetched && withoutStatus(fetched)).toEqual(sent);
    expect(synced.map(withoutStatus)).toEqual([sent]);
    expect(device.entries(id).map(withoutStatus)).toEqual([sent]);
    device.disconnect();
  });
});

test('server-set and unknown fields are ignored and never stored', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const sent = await ana.send(id, 'mine', {
    ...{ seq: 77, sender_id: ben.id, status: 'read', created_at: '1999-01-01T00:00:00.000Z' },
    ...{ id: randomUUID(), kind: 'event', event: { type: 'created' }, version: 99, nonsense: {} },
    ...{ reactions: [{ emoji: '👍', user_ids: [ben.id] }], edited_at: '1999-01-01T00:00:00.000Z' },
  });
  expect(sent).toMatchObject({
    ...{ seq: 1, sender_id: ana.id, status: 'sent', kind: 'message' },
    ...{ reactions: [], edited_at: null },
  });
  expect(Date.parse(sent.created_at)).toBeGreaterThan(Date.now() - 60_000);
  expect('nonsense' in sent).toBe(false);
});

test('health, readiness and metrics take no token', async () => {
  const rest = createRestClient(instance.url());
  expect((await rest.call('readHealth')).body).toMatchObject({ status: 'ok', protocol: 1 });
  const ready = await rest.call('readReadiness');
  expect(ready).toMatchObject({
    status: 200,
    body: { status: 'ok', postgres: 'ok', redis: 'ok' },
  });
  const metrics = await createHttpClient(instance.url())('GET', '/metrics');
  expect(metrics.status).toBe(200);
  expect(metrics.headers.get('content-type')).toContain('text/plain');
});
