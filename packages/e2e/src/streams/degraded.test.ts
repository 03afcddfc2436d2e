import { type EventStream, openEventStream, type Person, until } from '@chasqui/testkit';
import { type FaultFixture, openFaultFixture } from '../faults/faultFixture';

let fixture: FaultFixture;
const streams: EventStream[] = [];
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});
afterAll(() => fixture.close());

interface Target {
  lastEventId?: string;
  server?: number;
}

async function open(
  person: Person,
  conversationId: string,
  { lastEventId, server = 0 }: Target = {},
): Promise<EventStream> {
  const url = new URL('/.well-known/mercure', fixture.server(server).url);
  url.searchParams.set('topic', `/conversations/${conversationId}`);
  const stream = await openEventStream(url, {
    headers: {
      authorization: `Bearer ${person.token}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
  });
  streams.push(stream);
  return stream;
}

const seqs = ({ events }: EventStream): number[] =>
  events
    .filter(({ event }) => event === 'message')
    .map(({ data }) => (JSON.parse(data) as { seq: number }).seq);

const caughtUp = (stream: EventStream): Promise<boolean> =>
  until('it has caught up', () => stream.text.includes('event: queue-empty'));

test('[D11] without PostgreSQL a stream is accepted and held, and continues when it is back', async () => {
  const { ana, ben, id } = await fixture.pair();
  const { postgres } = fixture.server(0);
  const before = await open(ben, id);
  await caughtUp(before);
  await ana.on(1).call('sendMessage', { body: { conversation_id: id, content_encrypted: 'one' } });
  await until('the first arrives', () => seqs(before).length === 1);
  before.close();
  postgres.cut();
  const lastEventId = before.lastEventId();
  const held = await open(ben, id, { lastEventId });
  expect([held.status, held.headers['content-type']]).toEqual([200, 'text/event-stream']);
  await until('it shows that it is alive', () => held.text.includes(':\n'));
  await ana.on(1).call('sendMessage', { body: { conversation_id: id, content_encrypted: 'two' } });
  postgres.heal();
  await until('the second arrives', () => seqs(held).length === 1);
  expect([held.headers['last-event-id'], seqs(held)]).toEqual([lastEventId, [2]]);
});

test('[D11] without Redis, messages arrive on the same node and from the other one', async () => {
  const { ana, ben, id } = await fixture.pair();
  const stream = await open(ben, id);
  await caughtUp(stream);
  for (const server of [0, 1]) fixture.server(server).redis.cut();
  for (const server of [0, 1, 0, 1])
    await ana
      .on(server)
      .call('sendMessage', { body: { conversation_id: id, content_encrypted: `by ${server}` } });
  await until('all arrive', () => seqs(stream).length === 4);
  expect(seqs(stream)).toEqual([1, 2, 3, 4]);
  for (const server of [0, 1]) fixture.server(server).redis.heal();
});

test('[D4] a client that stops reading loses nothing, and nobody waits for it', async () => {
  const { ana, ben, id } = await fixture.pair();
  const stream = await open(ben, id);
  const witness = await open(ana, id);
  await caughtUp(stream);
  stream.pause();
  const count = 300;
  const content = 'x'.repeat(45_000);
  for (let i = 0; i < count; i += 1) await ana.send(id, content);
  await until('another client has all', () => seqs(witness).length === count);
  stream.resume();
  await until('it reads on or was closed', () => stream.isAborted || seqs(stream).length === count);
  const received = seqs(stream);
  const rest = await open(ben, id, { lastEventId: stream.lastEventId() });
  await caughtUp(rest);
  expect([...received, ...seqs(rest)]).toEqual(Array.from({ length: count }, (_, i) => i + 1));
});
