import type { Session } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import {
  type EventStream,
  openEventStream,
  openServerFixture,
  quietLog,
  type ServerFixture,
  until,
} from '@chasqui/testkit';
import jwt from 'jsonwebtoken';
import { type Node, startNode } from '../../../startNode';

const publisherKey = 'the key of publishers, for tests';
const subscriberKey = 'the key of subscribers, for tests';
const issuer = 'https://app.example';
const audience = 'https://hub.example/.well-known/mercure';
let fixture: ServerFixture<Node>;
let closed: Node;
let ana: Session;
const streams: EventStream[] = [];

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log: quietLog(), redisPrefix }),
  );
  const keys = {
    ...{ MERCURE_PUBLISHER_JWT_KEY: publisherKey, MERCURE_SUBSCRIBER_JWT_KEY: subscriberKey },
    ...{ MERCURE_JWT_ISSUER: issuer, MERCURE_JWT_AUDIENCE: audience, CORS_ORIGINS: issuer },
  };
  await fixture.open({ ...keys, MERCURE_ANONYMOUS: 'on' });
  closed = await fixture.open(keys);
  ana = await fixture.register();
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});
afterAll(() => fixture.close());

let topics = 0;
const newTopic = (): string => `https://example.com/books/${(topics += 1)}`;

const publisher = (publish: string[] = ['*']): string =>
  jwt.sign({ mercure: { publish } }, publisherKey);
const subscriber = (subscribe: string[], more: object = {}): string =>
  jwt.sign({ mercure: { subscribe }, ...more }, subscriberKey);

const soon = (): number => Math.floor(Date.now() / 1_000) + 600;

function issuedToken(
  key: string,
  actions: string[],
  matchers: object[],
  more: object = {},
): string {
  const type = 'https://mercure.rocks/authorization-detail';
  const details = [{ type, actions, topics: matchers }];
  const claims = { iss: issuer, aud: audience, exp: soon(), authorization_details: details };
  const text = JSON.stringify({ ...claims, ...more });
  return jwt.sign(text, key, { header: { alg: 'HS256', typ: 'at+jwt' } });
}

interface Answer {
  status: number;
  text: string;
  headers: Headers;
}

async function publish(
  fields: [string, string][],
  token: string | undefined = publisher(),
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${fixture.urlOf()}/.well-known/mercure`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
  });
  const { status } = response;
  return { status, text: await response.text(), headers: response.headers };
}

async function open(
  query: string,
  { token, lastEventId, node }: { token?: string; lastEventId?: string; node?: Node } = {},
): Promise<EventStream> {
  const stream = await openEventStream(`${fixture.urlOf(node)}/.well-known/mercure?${query}`, {
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
  });
  streams.push(stream);
  return stream;
}

const topic = (name: string): string => `topic=${encodeURIComponent(name)}`;
const data = ({ events }: EventStream): string[] =>
  events.filter(({ event }) => event === 'message').map((event) => event.data);
/** Publishes in public what `stream` receives after everything before it. */
async function barrier(stream: EventStream, name: string): Promise<void> {
  await publish([
    ['topic', name],
    ['data', 'the end'],
  ]);
  await until('the end arrives', () => data(stream).includes('the end'));
}

test('an update reaches its subscribers with its id, type and data', async () => {
  const name = newTopic();
  const stream = await open(topic('https://example.com/books/{id}'));
  const { status, text, headers } = await publish([
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
  expect((await publish([['topic', name]])).text).toMatch(/^urn:uuid:/);
});

test('a stream resumes after the id of an update on another node', async () => {
  const name = newTopic();
  const ids: string[] = [];
  for (const text of ['one', 'two', 'three'])
    ids.push(
      (
        await publish([
          ['topic', name],
          ['data', text],
        ])
      ).text,
    );
  const token = subscriber(['*']);
  const [first = ''] = ids;
  const resumed = await open(topic(name), { token, lastEventId: first, node: closed });
  await until('the rest arrives', () => data(resumed).length === 2);
  expect([data(resumed), resumed.headers['last-event-id']]).toEqual([['two', 'three'], first]);
  const all = await open(`${topic(name)}&lastEventID=earliest`);
  await until('all arrive', () => data(all).length === 3);
  expect(all.headers['mercure-last-event-id']).toBe('earliest');
  const lost = await open(topic(name), { lastEventId: 'urn:unknown' });
  expect(lost.headers['last-event-id']).toBe('earliest');
});

test('a private update reaches only subscribers whose token allows one of its topics', async () => {
  const [name, alternate] = [
    newTopic(),
    `https://example.com/users/1/?topic=${encodeURIComponent(newTopic())}`,
  ];
  const anonymous = await open(topic(name));
  const allowed = await open(topic(name), {
    token: subscriber(['https://example.com/users/1/{?topic}']),
  });
  const other = await open(topic(name), {
    token: subscriber(['https://example.com/users/2/{?topic}']),
  });
  const chat = await open(topic(name), { token: ana.access_token });
  await publish([
    ['topic', name],
    ['topic', alternate],
    ['data', 'private'],
    ['private', ''],
  ]);
  for (const stream of [anonymous, allowed, other, chat]) await barrier(stream, name);
  expect(data(allowed)).toContain('private');
  for (const stream of [anonymous, other, chat]) expect(stream.text).not.toContain('private');
});

test('an update is published only if the token allows every topic of it', async () => {
  const [one, two] = [newTopic(), newTopic()];
  const stream = await open(`${topic(one)}&${topic(two)}`);
  const fields: [string, string][] = [
    ['topic', one],
    ['topic', two],
    ['data', 'no'],
  ];
  expect((await publish(fields, publisher([one]))).status).toBe(403);
  expect((await publish(fields, jwt.sign({ mercure: {} }, publisherKey))).status).toBe(403);
  expect((await publish(fields, subscriber(['*']))).status).toBe(401);
  expect((await publish(fields, ana.access_token)).status).toBe(401);
  const missing = await publish(fields, '');
  expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([
    ...[401, 'Bearer error="invalid_token"'],
  ]);
  await barrier(stream, one);
  expect(data(stream)).toEqual(['the end']);
});

test.each([
  ['no topic', [['data', 'x']], 400],
  ['the topic *', [['topic', '*']], 400],
  ['a reserved topic', [['topic', '/.well-known/mercure/subscriptions/a']], 400],
  ['a hidden reserved topic', [['topic', 'https://x.example/a/../.well-known/%6dercure/b']], 400],
  ['a control character in a topic', [['topic', 'a\nb']], 400],
  [
    'an id that begins with #',
    [
      ['topic', 'a'],
      ['id', '#1'],
    ],
    400,
  ],
  [
    'the id earliest',
    [
      ['topic', 'a'],
      ['id', 'earliest'],
    ],
    400,
  ],
  [
    'a line break in the id',
    [
      ['topic', 'a'],
      ['id', 'a\nb'],
    ],
    400,
  ],
  [
    'a NUL in the type',
    [
      ['topic', 'a'],
      ['type', 'a\0'],
    ],
    400,
  ],
  [
    'the reserved type',
    [
      ['topic', 'a'],
      ['type', 'mercure'],
    ],
    400,
  ],
  [
    'a retry that is no number',
    [
      ['topic', 'a'],
      ['retry', '1e3'],
    ],
    400,
  ],
  [
    'too much data',
    [
      ['topic', 'a'],
      ['data', 'x'.repeat(70_000)],
    ],
    413,
  ],
  ['a topic of the chat', [['topic', `/conversations/0189d8a4-1111-7000-8000-000000000001`]], 403],
] as [string, [string, string][], number][])(
  'an update with %s is refused',
  async (_what, fields, status) => {
    expect((await publish(fields)).status).toBe(status);
  },
);

test('an id that belongs to another update is replaced, and a repeat is stored once', async () => {
  const name = newTopic();
  const stream = await open(topic(name));
  const fields = (text: string): [string, string][] => [
    ['topic', name],
    ['id', `urn:${name}`],
    ['data', text],
  ];
  expect((await publish(fields('one'))).text).toBe(`urn:${name}`);
  expect((await publish(fields('one'))).text).toBe(`urn:${name}`);
  expect((await publish(fields('two'))).text).not.toBe(`urn:${name}`);
  await barrier(stream, name);
  expect(data(stream)).toEqual(['one', 'two', 'the end']);
});

test('a page publishes with a cookie only from an allowed origin', async () => {
  const cookie = `mercureAuthorization=${publisher()}`;
  const fields: [string, string][] = [['topic', newTopic()]];
  expect((await publish(fields, '', { cookie })).status).toBe(401);
  const from = async (origin?: string): Promise<number> => {
    const response = await fetch(`${fixture.urlOf()}/.well-known/mercure`, {
      ...{ method: 'POST', body: new URLSearchParams(fields) },
      headers: { cookie, ...(origin === undefined ? {} : { origin }) },
    });
    return response.status;
  };
  expect(await Promise.all([from(), from('https://evil.example'), from(issuer)])).toEqual([
    ...[403, 403, 200],
  ]);
});

describe('Mercure 1.0', () => {
  test('matchers and authorization details allow publishing and subscribing', async () => {
    const name = newTopic();
    const matchers = [{ match: 'https://example.com/books/:id', match_type: 'urlpattern' }];
    const token = issuedToken(subscriberKey, ['subscribe', 'later'], matchers);
    const stream = await open(
      `match_urlpattern=${encodeURIComponent('https://example.com/:kind/:id')}`,
      {
        token,
      },
    );
    const sent = await publish(
      [
        ['topic', name],
        ['data', 'private'],
        ['private', 'on'],
      ],
      issuedToken(publisherKey, ['publish'], [{ match: '*' }]),
    );
    expect(sent.status).toBe(200);
    await until('it arrives', () => data(stream).includes('private'));
  });

  test.each([
    [
      'another issuer',
      () => issuedToken(subscriberKey, ['subscribe'], [{ match: '*' }], { iss: 'x' }),
    ],
    [
      'another audience',
      () => issuedToken(subscriberKey, ['subscribe'], [{ match: '*' }], { aud: 'x' }),
    ],
    [
      'no expiry',
      () => issuedToken(subscriberKey, ['subscribe'], [{ match: '*' }], { exp: undefined }),
    ],
    [
      'an expiry in the past',
      () => issuedToken(subscriberKey, ['subscribe'], [{ match: '*' }], { exp: 1 }),
    ],
    ['no topics', () => issuedToken(subscriberKey, ['subscribe'], [])],
    [
      'an unknown matcher',
      () => issuedToken(subscriberKey, ['subscribe'], [{ match: 'a', match_type: 'x' }]),
    ],
    ['an action that is no text', () => issuedToken(subscriberKey, [7 as never], [{ match: 'a' }])],
    [
      'one bad pattern among good ones',
      () =>
        issuedToken(
          subscriberKey,
          ['subscribe'],
          [{ match: '*' }, { match: '/:a(.*)', match_type: 'urlpattern' }],
        ),
    ],
    ['the key of the other role', () => issuedToken(publisherKey, ['subscribe'], [{ match: '*' }])],
  ])('a token with %s is refused', async (_what, token) => {
    const { status, headers } = await open('match=a', { token: token() });
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
  });
});

test('anonymous subscribers are refused unless they are allowed, and never receive the chat', async () => {
  const refused = await open('topic=a', { node: closed });
  expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  const stream = await open('topic=*');
  const ben = await fixture.register();
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const reply = await fixture.httpOf()('POST', '/api/messages', {
    token: ana.access_token,
    body: { conversation_id: conversationId, content_encrypted: 'secret' },
  });
  expect(reply.status).toBe(201);
  await barrier(stream, newTopic());
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
    publish([
      ['topic', name],
      ['data', text],
    ]);
  const texts = (stream: EventStream): string[] =>
    data(stream).map((text) =>
      text.startsWith('{')
        ? (JSON.parse(text) as { content_encrypted: string }).content_encrypted
        : text,
    );
  const query = `${topic(`/conversations/${conversationId}`)}&${topic(name)}`;
  const token = ben.access_token;
  const first = await open(query, { token });
  await until('it has caught up', () => first.text.includes('queue-empty'));
  await update('update 1');
  await say('message 1');
  await until('both arrive', () => texts(first).length === 2);
  const lastEventId = first.lastEventId();
  first.close();
  await update('update 2');
  await say('message 2');
  const second = await open(query, { token, lastEventId, node: closed });
  await until('both arrive', () => texts(second).length >= 2);
  expect(texts(second).sort()).toEqual(['message 2', 'update 2']);
});

test('a stream of updates ends when its token expires', async () => {
  const stream = await until('it opens in time', async () => {
    const exp = Math.floor(Date.now() / 1_000) + 2;
    const opened = await open('topic=a', { token: subscriber(['*'], { exp }) });
    return opened.status === 200 ? opened : undefined;
  });
  await until('it ends', () => stream.isEnded);
  expect(stream.text).toContain('event: token_expiring');
});
