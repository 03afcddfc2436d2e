import { until } from '@chasqui/testkit';
import {
  type HubFixture,
  issuedToken,
  newTopic,
  openHubFixture,
  subscriberToken,
} from '../../../testing/hubFixture';
import { dataOf, topicQuery, typedIn } from '../../../testing/streamFixture';
import { collectionOf, documentOf, pathOf, SUBSCRIPTIONS_PATH } from './subscriptionDocument';

let fixture: HubFixture;
beforeAll(async () => {
  fixture = await openHubFixture();
});
afterEach(() => fixture.closeStreams());
afterAll(() => fixture.close());

interface Document {
  id: string;
  subscriber: string;
  active: boolean;
}

const everything = subscriberToken(['*']);

const read = (path: string, token: string | undefined = everything) =>
  fixture.httpOf()('GET', path, { token });

/** Waits until the selector has exactly `count` subscriptions. */
const listed = (path: string, count: number): Promise<Document[]> =>
  until(`${count} subscriptions are listed`, async () => {
    const { subscriptions } = (await read(path)).body as { subscriptions: Document[] };
    return subscriptions.length === count ? subscriptions : undefined;
  });

test('a subscription is listed on every node while its stream is open', async () => {
  const selector = `${newTopic()}/{page}`;
  const path = collectionOf({ kind: 'topic', selector, subscriber: '' });
  const payload = { name: 'reader' };
  const stream = await fixture.stream(topicQuery(selector), {
    token: subscriberToken(['*'], { mercure: { subscribe: ['*'], payload } }),
    node: fixture.withoutAnonymous,
  });
  const [one] = await listed(path, 1);
  expect(one).toMatchObject({ type: 'Subscription', topic: selector, active: true, payload });
  const single = await read(one?.id ?? '');
  expect(single.body).toMatchObject({ ...one, '@context': 'https://mercure.rocks/' });
  expect(single.headers.get('content-type')).toContain('application/ld+json');
  expect(single.headers.get('etag')).not.toBeNull();
  const all = (await read(SUBSCRIPTIONS_PATH)).body as { subscriptions: Document[] };
  expect(all).toMatchObject({ id: SUBSCRIPTIONS_PATH, type: 'Subscriptions' });
  expect(all.subscriptions).toContainEqual(one);
  stream.close();
  await listed(path, 0);
  expect((await read(one?.id ?? '')).status).toBe(404);
});

test('the start and the end of a subscription are announced to those who may know', async () => {
  const selector = newTopic();
  const template = `${SUBSCRIPTIONS_PATH}/{topic}/{subscriber}`;
  const witness = await fixture.stream(topicQuery(template), {
    token: subscriberToken([template]),
  });
  const shared = newTopic();
  const other = await fixture.stream(`${topicQuery(template)}&${topicQuery(shared)}`);
  const stream = await fixture.stream(topicQuery(selector));
  const of = (): Document[] =>
    dataOf(witness)
      .map((data) => JSON.parse(data) as Document & { topic: string })
      .filter(({ topic }) => topic === selector);
  await until('it is announced', () => of().length === 1);
  stream.close();
  await until('its end is announced', () => of().length === 2);
  const [begun, ended] = of();
  expect([begun?.active, ended?.active]).toEqual([true, false]);
  expect(ended?.subscriber).toBe(begun?.subscriber);
  await fixture.barrier(other, shared);
  expect(dataOf(other)).toEqual(['the end']);
});

test('in Mercure 1.0 the documents have its form, and the Link header has the position', async () => {
  const selector = newTopic();
  const token = issuedToken('subscriber', ['subscribe'], [{ match: '*' }], {});
  const witness = await fixture.stream('match=*', { token });
  const stream = await fixture.stream(`match=${encodeURIComponent(selector)}`, { token });
  const path = collectionOf({ kind: 'exact', selector, subscriber: '' });
  await listed(path, 1);
  const { body, headers } = await read(path, token);
  expect(body).toMatchObject({
    ...{ id: path, type: 'subscriptions' },
    subscriptions: [{ type: 'subscription', match_type: 'exact', match: selector }],
  });
  expect(headers.get('content-type')).toContain('application/json');
  expect(headers.get('link')).toMatch(/rel="mercure"; last-event-id="urn:uuid:/);
  await until('it is announced', () =>
    typedIn(witness, 'mercure').some((event) => (event as { match: string }).match === selector),
  );
  stream.close();
});

test('the list needs a token that allows its path', async () => {
  const own = subscriberToken([`${SUBSCRIPTIONS_PATH}/{topic}`]);
  expect((await fixture.httpOf()('GET', SUBSCRIPTIONS_PATH)).status).toBe(401);
  expect((await read(SUBSCRIPTIONS_PATH, own)).status).toBe(403);
  expect((await read(`${SUBSCRIPTIONS_PATH}/a`, own)).status).toBe(200);
  const person = await fixture.register();
  expect((await read(SUBSCRIPTIONS_PATH, person.access_token)).status).toBe(401);
});

test('[D9] streams of the chat are not listed', async () => {
  const person = await fixture.register();
  const stream = await fixture.streamOf(person);
  await until('it is open', () => stream.text.includes('queue-empty'));
  expect(JSON.stringify((await read(SUBSCRIPTIONS_PATH)).body)).not.toContain(person.user.id);
});

test('selectors and subscribers are encoded once in paths', () => {
  const subscription = { kind: 'topic', selector: '/a/{b}%2F', subscriber: 'urn:uuid:1' } as const;
  expect(pathOf(subscription)).toBe(
    '/.well-known/mercure/subscriptions/%2Fa%2F%7Bb%7D%252F/urn%3Auuid%3A1',
  );
  expect(documentOf(subscription, false)).toMatchObject({
    id: pathOf(subscription),
    active: false,
  });
});
