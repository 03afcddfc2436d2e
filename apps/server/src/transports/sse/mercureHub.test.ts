import type { Session } from '@chasqui/protocol';
import { type EventStream, until } from '@chasqui/testkit';
import type { Node } from '../../startNode';
import {
  isCaughtUp,
  messagesOf,
  openStreamFixture,
  seqsOf,
  type StreamFixture,
  topicOf,
  typedIn,
} from '../../testing/streamFixture';

const listed = 'https://app.example';
let fixture: StreamFixture;
let two: Node;
let ana: Session;
let ben: Session;

beforeAll(async () => {
  fixture = await openStreamFixture();
  await fixture.open({ CORS_ORIGINS: listed });
  two = await fixture.open({ CORS_ORIGINS: listed });
});
beforeEach(async () => {
  [ana, ben] = await Promise.all([fixture.register(), fixture.register()]);
});
afterEach(() => fixture.closeStreams());
afterAll(() => fixture.close());

test('messages arrive untyped, as the same JSON that REST answers, each with an id', async () => {
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const stream = await fixture.streamOf(ben, { node: two });
  await until('it has caught up', () => isCaughtUp(stream));
  const sent = await fixture.send(ana, conversationId, 'hello');
  await until('it arrives', () => messagesOf(stream).length === 1);
  expect(messagesOf(stream)).toEqual([sent]);
  expect(stream.headers).toMatchObject({
    ...{ 'content-type': 'text/event-stream', 'cache-control': 'private, no-store' },
    ...{ 'x-accel-buffering': 'no', link: '<../.well-known/mercure>; rel="mercure"' },
  });
  expect(stream.events.every(({ id }) => id.startsWith('#'))).toBe(true);
});

test.each(['/conversations/', '/chat/room/', '/chat-v2/room/'])(
  'a stream of one conversation by %s carries no other',
  async (prefix) => {
    const cleo = await fixture.register();
    const conversationId = await fixture.direct(ana.access_token, ben.user.id);
    const other = await fixture.direct(cleo.access_token, ben.user.id);
    const stream = await fixture.stream(`topic=${prefix}${conversationId}`, {
      token: ben.access_token,
    });
    await fixture.send(cleo, other, 'elsewhere');
    await fixture.send(ana, conversationId, 'here');
    await until('it arrives', () => messagesOf(stream).length === 1);
    expect(messagesOf(stream).map(({ conversation_id: id }) => id)).toEqual([conversationId]);
    stream.close();
    // The message elsewhere was not received, so another stream gets it.
    const rest = await fixture.streamOf(ben);
    await until('it arrives', () => messagesOf(rest).some((one) => one.conversation_id === other));
  },
);

test('[D9] a user receives nothing of conversations of others, whatever they ask for', async () => {
  const cleo = await fixture.register();
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const mine = await fixture.direct(ana.access_token, cleo.user.id);
  const everything = await fixture.stream('topic=*', { token: cleo.access_token });
  const theirs = await fixture.stream(
    `topic=/conversations/${conversationId}&topic=/users/${ben.user.id}&topic=/conversations/${mine}`,
    { token: cleo.access_token },
  );
  await fixture.send(ana, conversationId, 'private');
  await fixture.send(ana, mine, 'for cleo');
  for (const stream of [everything, theirs]) {
    await until('the own one arrives', () => messagesOf(stream).length > 0);
    expect(messagesOf(stream).map(({ content_encrypted: text }) => text)).toEqual(['for cleo']);
    expect(stream.text).not.toContain(conversationId);
  }
});

test.each([
  ['no topic', 'lastEventID=1'],
  ['an unknown kind of matcher', 'match_regexp=a'],
  ['a pattern with a regular expression', 'match_urlpattern=/:a(.*)'],
  ['more than 1,000 topics', Array.from({ length: 1_001 }, () => 'topic=a').join('&')],
])('a query with %s is refused', async (_what, query) => {
  expect((await fixture.stream(query, { token: ben.access_token })).status).toBe(400);
});

test('the first token counts, and an invalid one is never anonymous', async () => {
  const { access_token: token } = ben;
  const cookie = `a=b; mercureAuthorization=${token}`;
  const own = topicOf(ben);
  const statusOf = async (query: string, headers: Record<string, string> = {}): Promise<number> =>
    (await fixture.stream(query, { headers })).status;
  expect(await statusOf(own)).toBe(401);
  expect(await statusOf(own, { cookie, authorization: 'Bearer wrong' })).toBe(401);
  expect(await statusOf(`${own}&authorization=wrong`, { cookie })).toBe(401);
  expect(await statusOf(`match=a&authorization=${token}`)).toBe(401);
  expect(await statusOf(own, { authorization: `Basic ${token}` })).toBe(401);
  expect(await statusOf(own, { cookie })).toBe(200);
  expect(await statusOf(`${own}&authorization=${token}`)).toBe(200);
});

test('a stream token opens streams and nothing else, and names no conversations', async () => {
  const reply = await fixture.httpOf()('GET', '/api/mercure/token', { token: ben.access_token });
  expect(reply.headers.get('link')).toBe('<../../.well-known/mercure>; rel="mercure"');
  const { token, expires_in: expiresIn } = reply.body as { token: string; expires_in: number };
  expect([reply.status, expiresIn, token.length < 600]).toEqual([200, 900, true]);
  expect((await fixture.streamOf(ben, { token })).status).toBe(200);
  expect((await fixture.httpOf()('GET', '/api/users/me', { token })).status).toBe(401);
});

test('HEAD answers as GET would, without a stream', async () => {
  const head = await fixture.streamOf(ben, { method: 'HEAD' });
  await until('it ends', () => head.isEnded);
  expect([head.status, head.headers['content-type']]).toEqual([200, 'text/event-stream']);
});

test('only named origins may use a stream with their credentials', async () => {
  const from = (origin: string, method: 'GET' | 'OPTIONS' = 'GET'): Promise<EventStream> =>
    fixture.streamOf(ben, { method, headers: { origin } });
  expect((await from('https://evil.example')).status).toBe(403);
  expect((await from(fixture.urlOf())).status).toBe(200);
  const { headers, status } = await from(listed);
  expect([status, headers['access-control-allow-origin']]).toEqual([200, listed]);
  expect(headers['access-control-allow-credentials']).toBe('true');
  expect(headers['access-control-expose-headers']).toContain('Mercure-Last-Event-ID');
  expect((await from(listed, 'OPTIONS')).status).toBe(204);
});

test('the end of a session ends its streams on every node', async () => {
  const here = await fixture.streamOf(ben);
  const there = await fixture.streamOf(ben, { node: two });
  await fixture.httpOf()('POST', '/api/auth/logout', { token: ben.access_token });
  await until('both end', () => here.isEnded && there.isEnded);
  expect((await fixture.streamOf(ben)).status).toBe(401);
});

test('[D9] a removed member receives the removal and nothing after it', async () => {
  const { body } = await fixture.httpOf()('POST', '/api/conversations/group', {
    token: ana.access_token,
    body: { title: 'Group', participant_ids: [ben.user.id] },
  });
  const { id } = body as { id: string };
  const stream = await fixture.stream(`topic=/conversations/${id}`, { token: ben.access_token });
  await fixture.send(ana, id, 'one');
  await until('it arrives', () => seqsOf(stream).length >= 1);
  await fixture.httpOf()('DELETE', `/api/conversations/${id}/participants/${ben.user.id}`, {
    token: ana.access_token,
  });
  await until('the removal arrives', () => typedIn(stream, 'conversation-removed').length === 1);
  const before = stream.events.length;
  await fixture.send(ana, id, 'two');
  const witness = await fixture.stream(`topic=/conversations/${id}`, { token: ana.access_token });
  await until('another member has it', () => seqsOf(witness).length >= 2);
  expect(stream.events).toHaveLength(before);
});

test('a stream whose token expires announces it and then ends', async () => {
  const node = await fixture.open({ ACCESS_TOKEN_TTL_S: '2' });
  const stream = await until('a stream opens before its token expires', async () => {
    const { access_token: token } = await fixture.login(ben, node);
    const opened = await fixture.streamOf(ben, { token, node });
    return opened.status === 200 ? opened : undefined;
  });
  await until('it ends', () => stream.isEnded);
  expect(typedIn(stream, 'token_expiring')).toHaveLength(1);
});
