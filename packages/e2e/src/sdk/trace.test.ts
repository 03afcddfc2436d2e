import { type ClientFixture, openClientFixture } from './clients/clientFixture';
import type { TraceRecord } from '@chasqui/sdk';
import { until } from '@chasqui/testkit';

let fixture: ClientFixture;
beforeAll(async () => {
  fixture = await openClientFixture({ worker: false });
});
afterAll(() => fixture.close());

test('[D4] the trace shows every event, command and reply, also an event the client ignores', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  const trace: TraceRecord[] = [];
  const b = await fixture.clients.open(ben, { trace: (record) => trace.push(record) });
  const received = (): unknown[] =>
    trace.filter(({ type, name }) => type === 'event' && name.startsWith('chat:message'));

  // Closes the connection before the message is acknowledged, so that the server sends it again.
  const stop = b.client.onMessage(() => b.client.disconnect());
  await ana.send(id, 'hello');
  await until('it has arrived', () => b.received.length === 1);
  stop();
  b.client.connect();
  await until('it is received again', () => received().length === 2);
  await until('it is acknowledged', () =>
    trace.some(({ type, name }) => type === 'reply' && name === 'chat:message_delivered'),
  );

  expect(b.received).toHaveLength(1);
  expect(trace.filter(({ name }) => name === 'session:ready')).toHaveLength(2);
  const acknowledgement = { name: 'chat:message_delivered', data: { conversationId: id, seq: 1 } };
  expect(trace).toContainEqual({ type: 'command', ...acknowledgement });
  expect(trace).toContainEqual({ type: 'reply', ...acknowledgement, reply: { success: true } });
});
