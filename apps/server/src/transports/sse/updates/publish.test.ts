import type { Session } from '@chasqui/protocol';
import {
  APPLICATION,
  type Fields,
  newTopic,
  publisherToken,
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

test('an update is published only if the token allows every topic of it', async () => {
  const [one, two] = [newTopic(), newTopic()];
  const stream = await fixture.stream(`${topicQuery(one)}&${topicQuery(two)}`);
  const fields: Fields = [
    ['topic', one],
    ['topic', two],
    ['data', 'no'],
  ];
  expect((await fixture.publish(fields, publisherToken([one]))).status).toBe(403);
  expect((await fixture.publish(fields, publisherToken([]))).status).toBe(403);
  expect((await fixture.publish(fields, subscriberToken(['*']))).status).toBe(401);
  expect((await fixture.publish(fields, ana.access_token)).status).toBe(401);
  const missing = await fixture.publish(fields, null);
  expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  await fixture.barrier(stream, one);
  expect(dataOf(stream)).toEqual(['the end']);
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
] as [string, Fields, number][])('an update with %s is refused', async (_what, fields, status) => {
  expect((await fixture.publish(fields)).status).toBe(status);
});

test('an id that belongs to another update is replaced, and a repeat is stored once', async () => {
  const name = newTopic();
  const stream = await fixture.stream(topicQuery(name));
  const fields = (text: string): Fields => [
    ['topic', name],
    ['id', `urn:${name}`],
    ['data', text],
  ];
  expect((await fixture.publish(fields('one'))).text).toBe(`urn:${name}`);
  expect((await fixture.publish(fields('one'))).text).toBe(`urn:${name}`);
  expect((await fixture.publish(fields('two'))).text).not.toBe(`urn:${name}`);
  await fixture.barrier(stream, name);
  expect(dataOf(stream)).toEqual(['one', 'two', 'the end']);
});

test('a page publishes with a cookie only from an allowed origin', async () => {
  const cookie = `mercureAuthorization=${publisherToken()}`;
  const fields: Fields = [['topic', newTopic()]];
  expect((await fixture.publish(fields, 'wrong', { cookie })).status).toBe(401);
  const from = async (origin?: string): Promise<number> => {
    const headers = { cookie, ...(origin === undefined ? {} : { origin }) };
    return (await fixture.publish(fields, null, headers)).status;
  };
  expect(await Promise.all([from(), from('https://evil.example'), from(APPLICATION)])).toEqual([
    ...[403, 403, 200],
  ]);
});
