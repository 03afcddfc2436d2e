import type { Session } from '@chasqui/protocol';
import { type EventStream, until } from '@chasqui/testkit';
import {
  newTopic,
  subscriberToken,
  openHubFixture,
  type HubFixture,
} from '../../../testing/hubFixture';
import { dataOf, topicQuery } from '../../../testing/streamFixture';

let fixture: HubFixture;
let ana: Session;
beforeAll(async () => {
  fixture = await openHubFixture();
  ana = await fixture.register();
});
afterEach(() => fixture.closeStreams());
afterAll(() => fixture.close());

test('an update reaches its subscribers with its id, type and data', async () => {
  const name = newTopic();
  const stream = await fixture.stream(topicQuery('https://example.com/books/{id}'));
  const { status, text, headers } = await fixture.publish([
    ['topic', name],
    ['data', 'two\r\nlines'],
    ['id', `urn:${name}`],
    ['type', 'book'],
    ['retry', '500'],
  ]);
  expect([status, text, headers.get('content-type')]).toEqual([
    ...[200, `urn:${name}`, 'text/plain; charset=utf-8'],
  ]);
  await until('it arrives', () => stream.events.length === 1);
  expect(stream.events).toEqual([{ id: `urn:${name}`, event: 'book', data: 'two\nlines' }]);
  expect(stream.text).toContain('retry: 500\n');
  expect((await fixture.publish([['topic', name]])).text).toMatch(/^urn:uuid:/);
});

test('a stream resumes after the id of an update on another node', async () => {
  const name = newTopic();
  const ids: string[] = [];
  for (const text of ['one', 'two', 'three'])
    ids.push(
      (
        await fixture.publish([
          ['topic', name],
          ['data', text],
        ])
      ).text,
    );
  const token = subscriberToken(['*']);
  const [first = ''] = ids;
  const resumed = await fixture.stream(topicQuery(name), {
    token,
    lastEventId: first,
    node: fixture.withoutAnonymous,
  });
  await until('the rest arrives', () => dataOf(resumed).length === 2);
  expect([dataOf(resumed), resumed.headers['last-event-id']]).toEqual([['two', 'three'], first]);
  const all = await fixture.stream(`${topicQuery(name)}&lastEventID=earliest`);
  await until('all arrive', () => dataOf(all).length === 3);
  expect(all.headers['mercure-last-event-id']).toBe('earliest');
  const lost = await fixture.stream(topicQuery(name), { lastEventId: 'urn:unknown' });
  expect(lost.headers['last-event-id']).toBe('earliest');
});

test('a private update reaches only subscribers whose token allows one of its topics', async () => {
  const [name, alternate] = [
    newTopic(),
    `https://example.com/users/1/?topic=${encodeURIComponent(newTopic())}`,
  ];
  const anonymous = await fixture.stream(topicQuery(name));
  const allowed = await fixture.stream(topicQuery(name), {
    token: subscriberToken(['https://example.com/users/1/{?topic}']),
  });
  const other = await fixture.stream(topicQuery(name), {
    token: subscriberToken(['https://example.com/users/2/{?topic}']),
  });
  const chat = await fixture.stream(topicQuery(name), { token: ana.access_token });
  await fixture.publish([
    ['topic', name],
    ['topic', alternate],
    ['data', 'private'],
    ['private', ''],
  ]);
  for (const stream of [anonymous, allowed, other, chat]) await fixture.barrier(stream, name);
  expect(dataOf(allowed)).toContain('private');
  for (const stream of [anonymous, other, chat]) expect(stream.text).not.toContain('private');
});

test('anonymous subscribers are refused unless they are allowed, and never receive the chat', async () => {
  const refused = await fixture.stream('topic=a', { node: fixture.withoutAnonymous });
  expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  const stream = await fixture.stream('topic=*');
  const ben = await fixture.register();
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const reply = await fixture.httpOf()('POST', '/api/messages', {
    token: ana.access_token,
    body: { conversation_id: conversationId, content_encrypted: 'secret' },
  });
  expect(reply.status).toBe(201);
  await fixture.barrier(stream, newTopic());
  expect(stream.text).not.toContain('secret');
});

test('a stream of a user carries the chat and public updates, and resumes both', async () => {
  const name = newTopic();
  const ben = await fixture.register();
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const say = (text: string): Promise<unknown> =>
    fixture.httpOf()('POST', '/api/messages', {
      token: ana.access_token,
      body: { conversation_id: conversationId, content_encrypted: text },
    });
  const update = (text: string): Promise<unknown> =>
    fixture.publish([
      ['topic', name],
      ['data', text],
    ]);
  const texts = (stream: EventStream): string[] =>
    dataOf(stream).map((text) =>
      text.startsWith('{')
        ? (JSON.parse(text) as { content_encrypted: string }).content_encrypted
        : text,
    );
  const query = `${topicQuery(`/conversations/${conversationId}`)}&${topicQuery(name)}`;
  const token = ben.access_token;
  const first = await fixture.stream(query, { token });
  await until('it has caught up', () => first.text.includes('queue-empty'));
  await update('update 1');
  await say('message 1');
  await until('both arrive', () => texts(first).length === 2);
  const lastEventId = first.lastEventId();
  first.close();
  await update('update 2');
  await say('message 2');
  const second = await fixture.stream(query, {
    token,
    lastEventId,
    node: fixture.withoutAnonymous,
  });
  await until('both arrive', () => texts(second).length >= 2);
  expect(texts(second).sort()).toEqual(['message 2', 'update 2']);
});

test('a stream of updates ends when its token expires', async () => {
  const stream = await until('it opens in time', async () => {
    const exp = Math.floor(Date.now() / 1_000) + 2;
    const opened = await fixture.stream('topic=a', { token: subscriberToken(['*'], { exp }) });
    return opened.status === 200 ? opened : undefined;
  });
  await until('it ends', () => stream.isEnded);
  expect(stream.text).toContain('event: token_expiring');
});
