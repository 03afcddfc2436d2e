import { type ClientRoom, openClientRoom } from './clients/clientRoom';
import type { TraceRecord } from '@chasqui/sdk';
import { until } from '@chasqui/testkit';

let room: ClientRoom;
beforeAll(async () => {
  room = await openClientRoom({ worker: false });
});
afterAll(() => room.close());

test('[D4] the trace shows every event, command and reply, also an event the client ignores', async () => {
  const { ana, ben } = await room.people.registerAll('ana', 'ben');
  const { id } = await room.people.direct(ana, ben);
  const trace: TraceRecord[] = [];
  const b = await room.clients.open(ben, { trace: (record) => trace.push(record) });
  const received = (): unknown[] =>
    trace.filter(({ type, name }) => type === 'event' && name.startsWith('chat:message'));

  // Closes the connection before the message is acknowledged, so that the server sends it again.
  const stop = b.client.onMessage(() => b.client.disconnect());
  await ana.send(id, 'hello');
  await until('it has arrived', () => b.told.length === 1);
  stop();
  b.client.connect();
  await until('it is received again', () => received().length === 2);
  await until('it is acknowledged', () =>
    trace.some(({ type, name }) => type === 'reply' && name === 'chat:message_delivered'),
  );

  expect(b.told).toHaveLength(1);
  expect(trace.filter(({ name }) => name === 'session:ready')).toHaveLength(2);
  const acknowledgement = { name: 'chat:message_delivered', data: { conversationId: id, seq: 1 } };
  expect(trace).toContainEqual({ type: 'command', ...acknowledgement });
  expect(trace).toContainEqual({ type: 'reply', ...acknowledgement, reply: { success: true } });
});
