import type { Session } from '@chasqui/protocol';
import { until } from '@chasqui/testkit';
import type { Node } from '../../../startNode';
import {
  isCaughtUp,
  messagesOf,
  openStreamFixture,
  seqsOf,
  type StreamFixture,
  typedIn,
} from '../../../testing/streamFixture';

let fixture: StreamFixture;
let two: Node;
let ana: Session;
let ben: Session;

beforeAll(async () => {
  fixture = await openStreamFixture();
  await fixture.open();
  two = await fixture.open();
});
beforeEach(async () => {
  [ana, ben] = await Promise.all([fixture.register(), fixture.register()]);
});
afterEach(() => fixture.closeStreams());
afterAll(() => fixture.close());

test('[D4] a stream resumes after its Last-Event-ID on another node, and misses nothing', async () => {
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const first = await fixture.streamOf(ben);
  await until('it has caught up', () => isCaughtUp(first));
  await fixture.send(ana, conversationId, 'one');
  await fixture.send(ana, conversationId, 'two');
  await until('they arrive', () => seqsOf(first).length === 2);
  const [{ id: afterOne } = { id: '' }] = first.events.filter(({ event }) => event === 'message');
  first.close();
  await fixture.send(ana, conversationId, 'three');
  const second = await fixture.streamOf(ben, { node: two, lastEventId: afterOne });
  expect(second.headers['last-event-id']).toBe(afterOne);
  await until('the rest arrives', () => seqsOf(second).length === 2);
  expect(seqsOf(second)).toEqual([2, 3]);
});

test('[D6] a message is delivered when its client returns with its id, not when it was written', async () => {
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const first = await fixture.streamOf(ben);
  const { id } = await fixture.send(ana, conversationId, 'one');
  await until('it arrives', () => seqsOf(first).length === 1);
  const statusOf = async (): Promise<unknown> =>
    (await fixture.httpOf()('GET', `/api/messages/${id}/status`, { token: ana.access_token })).body;
  expect(JSON.stringify(await statusOf())).not.toContain('delivered"');
  const lastEventId = first.lastEventId();
  first.close();
  await fixture.streamOf(ben, { lastEventId });
  await until('it is delivered', async () =>
    JSON.stringify(await statusOf()).includes('"status":"delivered"'),
  );
});

test('[D7] what changed while the client was away arrives with its return', async () => {
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const first = await fixture.streamOf(ben);
  await until('it has caught up', () => isCaughtUp(first));
  const message = await fixture.send(ana, conversationId, 'one');
  await until('it arrives', () => seqsOf(first).length === 1);
  first.close();
  await fixture.httpOf()('PATCH', `/api/messages/${message.id}`, {
    token: ana.access_token,
    body: { content_encrypted: 'changed' },
  });
  const second = await fixture.streamOf(ben, { lastEventId: first.lastEventId() });
  await until('the change arrives', () => typedIn(second, 'message-updated').length === 1);
  expect(typedIn(second, 'message-updated')).toMatchObject([
    { id: message.id, content_encrypted: 'changed' },
  ]);
  expect(seqsOf(second)).toEqual([]);
});

test('a position of another user, or of no user, starts over and says so', async () => {
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  await fixture.send(ana, conversationId, 'one');
  const other = await fixture.streamOf(ana);
  await until('it has caught up', () => isCaughtUp(other));
  for (const lastEventId of [other.lastEventId(), 'urn:uuid:1', 'earliest', '#AAAA']) {
    const stream = await fixture.streamOf(ben, { lastEventId });
    expect(stream.headers['last-event-id']).toBe('earliest');
    expect(stream.headers['mercure-last-event-id']).toBe('earliest');
    await until(
      'the conversation is shown',
      () => typedIn(stream, 'conversation-updated').length > 0,
    );
    await until('the backlog arrives', () => seqsOf(stream).length === 1);
    // Asking for the earliest is no loss.
    expect(typedIn(stream, 'history-lost')).toEqual(lastEventId === 'earliest' ? [] : [{}]);
    stream.close();
  }
});

test('any number of conversations fits a position, because the base moves forward', async () => {
  const others = await Promise.all(Array.from({ length: 30 }, () => fixture.register()));
  const ids = await Promise.all(
    others.map((other) => fixture.direct(other.access_token, ben.user.id)),
  );
  let stream = await fixture.streamOf(ben);
  const received: string[] = [];
  let rotations = 0;
  await until('it has caught up', () => isCaughtUp(stream));
  for (const [i, id] of ids.entries()) {
    await fixture.send(others[i] as Session, id, `message ${i}`);
    await until('it arrives', async () => {
      if (stream.isAborted) {
        rotations += 1;
        received.push(...messagesOf(stream).map(({ conversation_id: of }) => of));
        stream = await fixture.streamOf(ben, { lastEventId: stream.lastEventId() });
      }
      return [...received, ...messagesOf(stream).map(({ conversation_id: of }) => of)].includes(id);
    });
    expect(stream.lastEventId().length).toBeLessThanOrEqual(801);
  }
  received.push(...messagesOf(stream).map(({ conversation_id: of }) => of));
  expect(received).toEqual(ids);
  expect(rotations).toBeLessThan(2);
});

test('a client that returns to many conversations gets each message once', async () => {
  const others = await Promise.all(Array.from({ length: 60 }, () => fixture.register()));
  const first = await fixture.streamOf(ben);
  await until('it has caught up', () => isCaughtUp(first));
  first.close();
  for (const other of others) {
    const id = await fixture.direct(other.access_token, ben.user.id);
    await fixture.send(other, id, 'one');
    await fixture.send(other, id, 'two');
  }
  const received: string[] = [];
  let lastEventId = first.lastEventId();
  await until('all have arrived', async () => {
    const stream = await fixture.streamOf(ben, { lastEventId });
    await until(
      'it rotates or is done',
      () => stream.isAborted || typedIn(stream, 'queue-empty').length > 0,
    );
    received.push(...messagesOf(stream).map(({ id }) => id));
    lastEventId = stream.lastEventId();
    return !stream.isAborted;
  });
  expect(received).toHaveLength(120);
  expect(new Set(received).size).toBe(120);
});
