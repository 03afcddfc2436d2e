import type { Message, Session } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import {
  type EventStream,
  openEventStream,
  openServerFixture,
  quietLog,
  type ServerFixture,
  until,
} from '@chasqui/testkit';
import { type Node, startNode } from '../../startNode';

const listed = 'https://app.example';
let fixture: ServerFixture<Node>;
let two: Node;
let ana: Session;
let ben: Session;
const streams: EventStream[] = [];

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log: quietLog(), redisPrefix }),
  );
  await fixture.open({ CORS_ORIGINS: listed });
  two = await fixture.open({ CORS_ORIGINS: listed });
});
beforeEach(async () => {
  [ana, ben] = await Promise.all([fixture.register(), fixture.register()]);
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});
afterAll(() => fixture.close());

const hub = (query: string, node?: Node): string =>
  `${fixture.urlOf(node)}/.well-known/mercure?${query}`;

interface Options {
  node?: Node;
  headers?: Record<string, string>;
  lastEventId?: string;
  method?: 'GET' | 'HEAD' | 'OPTIONS';
}

async function open(
  token: string | undefined,
  query: string,
  { node, headers = {}, lastEventId, method = 'GET' }: Options = {},
): Promise<EventStream> {
  const stream = await openEventStream(hub(query, node), {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      ...headers,
    },
  });
  streams.push(stream);
  return stream;
}

const own = ({ user }: Session): string => `topic=${encodeURIComponent(`/users/${user.id}`)}`;

async function send(from: Session, conversationId: string, content: string): Promise<Message> {
  const reply = await fixture.httpOf()('POST', '/api/messages', {
    token: from.access_token,
    body: { conversation_id: conversationId, content_encrypted: content },
  });
  expect(reply.status).toBe(201);
  return reply.body as Message;
}

const messages = ({ events }: EventStream): Message[] =>
  events.filter(({ event }) => event === 'message').map(({ data }) => JSON.parse(data) as Message);
const seqs = (stream: EventStream): number[] => messages(stream).map(({ seq }) => seq);
const named = ({ events }: EventStream, name: string): unknown[] =>
  events.filter(({ event }) => event === name).map(({ data }) => JSON.parse(data) as unknown);
const caughtUp = (stream: EventStream): Promise<boolean> =>
  until('it has caught up', () => named(stream, 'queue-empty').length > 0);

test('messages arrive untyped, as the same JSON that REST answers, each with an id', async () => {
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const stream = await open(ben.access_token, own(ben), { node: two });
  await caughtUp(stream);
  const sent = await send(ana, conversationId, 'hello');
  await until('it arrives', () => messages(stream).length === 1);
  expect(messages(stream)).toEqual([sent]);
  expect(stream.headers).toMatchObject({
    ...{ 'content-type': 'text/event-stream', 'cache-control': 'private, no-store' },
    ...{ 'x-accel-buffering': 'no', link: '</.well-known/mercure>; rel="mercure"' },
  });
  expect(stream.events.every(({ id }) => id.startsWith('#'))).toBe(true);
});

test('[D4] a stream resumes after its Last-Event-ID on another node, and misses nothing', async () => {
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const first = await open(ben.access_token, own(ben));
  await caughtUp(first);
  await send(ana, conversationId, 'one');
  await send(ana, conversationId, 'two');
  await until('they arrive', () => seqs(first).length === 2);
  const [{ id: afterOne } = { id: '' }] = first.events.filter(({ event }) => event === 'message');
  first.close();
  await send(ana, conversationId, 'three');
  const second = await open(ben.access_token, own(ben), { node: two, lastEventId: afterOne });
  expect(second.headers['last-event-id']).toBe(afterOne);
  await until('the rest arrives', () => seqs(second).length === 2);
  expect(seqs(second)).toEqual([2, 3]);
});

test('[D6] a message is delivered when its client returns with its id, not when it was written', async () => {
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const first = await open(ben.access_token, own(ben));
  const { id } = await send(ana, conversationId, 'one');
  await until('it arrives', () => seqs(first).length === 1);
  const statusOf = async (): Promise<unknown> =>
    (await fixture.httpOf()('GET', `/api/messages/${id}/status`, { token: ana.access_token })).body;
  expect(JSON.stringify(await statusOf())).not.toContain('delivered"');
  const lastEventId = first.lastEventId();
  first.close();
  await open(ben.access_token, own(ben), { lastEventId });
  await until('it is delivered', async () =>
    JSON.stringify(await statusOf()).includes('"status":"delivered"'),
  );
});

test('[D7] what changed while the client was away arrives with its return', async () => {
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const first = await open(ben.access_token, own(ben));
  await caughtUp(first);
  const message = await send(ana, conversationId, 'one');
  await until('it arrives', () => seqs(first).length === 1);
  first.close();
  await fixture.httpOf()('PATCH', `/api/messages/${message.id}`, {
    token: ana.access_token,
    body: { content_encrypted: 'changed' },
  });
  const second = await open(ben.access_token, own(ben), { lastEventId: first.lastEventId() });
  await until('the change arrives', () => named(second, 'message-updated').length === 1);
  expect(named(second, 'message-updated')).toMatchObject([
    { id: message.id, content_encrypted: 'changed' },
  ]);
  expect(seqs(second)).toEqual([]);
});

test.each(['/conversations/', '/chat/room/', '/chat-v2/room/'])(
  'a stream of one conversation by %s carries no other',
  async (prefix) => {
    const cleo = await fixture.register();
    const conversationId = await fixture.direct(ana.access_token, ben.user.id);
    const other = await fixture.direct(cleo.access_token, ben.user.id);
    const stream = await open(ben.access_token, `topic=${prefix}${conversationId}`);
    await send(cleo, other, 'elsewhere');
    await send(ana, conversationId, 'here');
    await until('it arrives', () => messages(stream).length === 1);
    expect(messages(stream).map(({ conversation_id: id }) => id)).toEqual([conversationId]);
    stream.close();
    // The message elsewhere was not received, so another stream gets it.
    const rest = await open(ben.access_token, own(ben));
    await until('it arrives', () => messages(rest).some((one) => one.conversation_id === other));
  },
);

test('[D9] a user receives nothing of conversations of others, whatever they ask for', async () => {
  const cleo = await fixture.register();
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const mine = await fixture.direct(ana.access_token, cleo.user.id);
  const everything = await open(cleo.access_token, 'topic=*');
  const theirs = await open(
    cleo.access_token,
    `topic=/conversations/${conversationId}&topic=/users/${ben.user.id}&topic=/conversations/${mine}`,
  );
  await send(ana, conversationId, 'private');
  await send(ana, mine, 'for cleo');
  for (const stream of [everything, theirs]) {
    await until('the own one arrives', () => messages(stream).length > 0);
    expect(messages(stream).map(({ content_encrypted: text }) => text)).toEqual(['for cleo']);
    expect(stream.text).not.toContain(conversationId);
  }
});

test('a position of another user, or of no user, starts over and says so', async () => {
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  await send(ana, conversationId, 'one');
  const other = await open(ana.access_token, own(ana));
  await caughtUp(other);
  for (const lastEventId of [other.lastEventId(), 'urn:uuid:1', 'earliest', '#AAAA']) {
    const stream = await open(ben.access_token, own(ben), { lastEventId });
    expect(stream.headers['last-event-id']).toBe('earliest');
    expect(stream.headers['mercure-last-event-id']).toBe('earliest');
    await until(
      'the conversation is shown',
      () => named(stream, 'conversation-updated').length > 0,
    );
    await until('the backlog arrives', () => seqs(stream).length === 1);
    stream.close();
  }
});

test.each([
  ['no topic', 'lastEventID=1'],
  ['an unknown kind of matcher', 'match_regexp=a'],
  ['a pattern with a regular expression', 'match_urlpattern=/:a(.*)'],
  ['more than 1,000 topics', Array.from({ length: 1_001 }, () => 'topic=a').join('&')],
])('a query with %s is refused', async (_what, query) => {
  expect((await open(ben.access_token, query)).status).toBe(400);
});

test('the first token counts, and an invalid one is never anonymous', async () => {
  const { access_token: token } = ben;
  const cookie = `a=b; mercureAuthorization=${token}`;
  const refused = async (...args: Parameters<typeof open>): Promise<boolean> =>
    (await open(...args)).status === 401;
  expect(await refused(undefined, own(ben))).toBe(true);
  expect(await refused('wrong', own(ben), { headers: { cookie } })).toBe(true);
  expect(await refused(undefined, `${own(ben)}&authorization=wrong`, { headers: { cookie } })).toBe(
    true,
  );
  expect(await refused(undefined, `match=a&authorization=${token}`)).toBe(true);
  expect(await refused(undefined, own(ben), { headers: { authorization: `Basic ${token}` } })).toBe(
    true,
  );
  expect(await refused(undefined, own(ben), { headers: { cookie } })).toBe(false);
  expect(await refused(undefined, `${own(ben)}&authorization=${token}`)).toBe(false);
});

test('a stream token opens streams and nothing else, and names no conversations', async () => {
  const reply = await fixture.httpOf()('GET', '/api/mercure/token', { token: ben.access_token });
  expect(reply.headers.get('link')).toBe('</.well-known/mercure>; rel="mercure"');
  const { token, expires_in: expiresIn } = reply.body as { token: string; expires_in: number };
  expect([reply.status, expiresIn, token.length < 600]).toEqual([200, 900, true]);
  expect((await open(token, own(ben))).status).toBe(200);
  expect((await fixture.httpOf()('GET', '/api/users/me', { token })).status).toBe(401);
});

test('HEAD answers as GET would, without a stream', async () => {
  const head = await open(ben.access_token, own(ben), { method: 'HEAD' });
  await until('it ends', () => head.isEnded);
  expect([head.status, head.headers['content-type']]).toEqual([200, 'text/event-stream']);
});

test('only named origins may use a stream with their credentials', async () => {
  const from = (origin: string, method: 'GET' | 'OPTIONS' = 'GET'): Promise<EventStream> =>
    open(ben.access_token, own(ben), { method, headers: { origin } });
  expect((await from('https://evil.example')).status).toBe(403);
  expect((await from(fixture.urlOf())).status).toBe(200);
  const { headers, status } = await from(listed);
  expect([status, headers['access-control-allow-origin']]).toEqual([200, listed]);
  expect(headers['access-control-allow-credentials']).toBe('true');
  expect(headers['access-control-expose-headers']).toContain('Mercure-Last-Event-ID');
  expect((await from(listed, 'OPTIONS')).status).toBe(204);
});

test('the end of a session ends its streams on every node', async () => {
  const here = await open(ben.access_token, own(ben));
  const there = await open(ben.access_token, own(ben), { node: two });
  await fixture.httpOf()('POST', '/api/auth/logout', { token: ben.access_token });
  await until('both end', () => here.isEnded && there.isEnded);
  expect((await open(ben.access_token, own(ben))).status).toBe(401);
});

test('[D9] a removed member receives the removal and nothing after it', async () => {
  const { body } = await fixture.httpOf()('POST', '/api/conversations/group', {
    token: ana.access_token,
    body: { title: 'Group', participant_ids: [ben.user.id] },
  });
  const { id } = body as { id: string };
  const stream = await open(ben.access_token, `topic=/conversations/${id}`);
  await send(ana, id, 'one');
  await until('it arrives', () => seqs(stream).length >= 1);
  await fixture.httpOf()('DELETE', `/api/conversations/${id}/participants/${ben.user.id}`, {
    token: ana.access_token,
  });
  await until('the removal arrives', () => named(stream, 'conversation-removed').length === 1);
  const before = stream.events.length;
  await send(ana, id, 'two');
  const witness = await open(ana.access_token, `topic=/conversations/${id}`);
  await until('another member has it', () => seqs(witness).length >= 2);
  expect(stream.events).toHaveLength(before);
});

test('conversations without end fit a position: the base moves forward', async () => {
  const others = await Promise.all(Array.from({ length: 30 }, () => fixture.register()));
  const ids = await Promise.all(
    others.map((other) => fixture.direct(other.access_token, ben.user.id)),
  );
  let stream = await open(ben.access_token, own(ben));
  const received: string[] = [];
  let rotations = 0;
  await caughtUp(stream);
  for (const [i, id] of ids.entries()) {
    await send(others[i] as Session, id, `message ${i}`);
    await until('it arrives', async () => {
      if (stream.isAborted) {
        rotations += 1;
        received.push(...messages(stream).map(({ conversation_id: of }) => of));
        stream = await open(ben.access_token, own(ben), { lastEventId: stream.lastEventId() });
      }
      return [...received, ...messages(stream).map(({ conversation_id: of }) => of)].includes(id);
    });
    expect(stream.lastEventId().length).toBeLessThanOrEqual(801);
  }
  received.push(...messages(stream).map(({ conversation_id: of }) => of));
  expect(received).toEqual(ids);
  expect(rotations).toBeLessThan(2);
});

test('a client that returns to many conversations gets each message once', async () => {
  const others = await Promise.all(Array.from({ length: 60 }, () => fixture.register()));
  const first = await open(ben.access_token, own(ben));
  await caughtUp(first);
  first.close();
  for (const other of others) {
    const id = await fixture.direct(other.access_token, ben.user.id);
    await send(other, id, 'one');
    await send(other, id, 'two');
  }
  const received: string[] = [];
  let lastEventId = first.lastEventId();
  await until('all have arrived', async () => {
    const stream = await open(ben.access_token, own(ben), { lastEventId });
    await until(
      'it rotates or is done',
      () => stream.isAborted || named(stream, 'queue-empty').length > 0,
    );
    received.push(...messages(stream).map(({ id }) => id));
    lastEventId = stream.lastEventId();
    return !stream.isAborted;
  });
  expect(received).toHaveLength(120);
  expect(new Set(received).size).toBe(120);
});

test('a stream whose token expires announces it and then ends', async () => {
  const node = await fixture.open({ ACCESS_TOKEN_TTL_S: '2' });
  const stream = await until('a stream opens before its token expires', async () => {
    const { access_token: token } = await fixture.login(ben, node);
    const opened = await open(token, own(ben), { node });
    return opened.status === 200 ? opened : undefined;
  });
  await until('it ends', () => stream.isEnded);
  expect(named(stream, 'token_expiring')).toHaveLength(1);
});
