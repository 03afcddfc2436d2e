import { sessionReady, userStatusChanged } from '@chasqui/core';
import { memoryTransport } from '@chasqui/core/testing';
import { readyFirst } from './readyFirst';

test('session:ready is sent first, and the events held back follow in order', () => {
  const transport = memoryTransport();
  const counted: string[] = [];
  const connection = readyFirst(transport, ({ name }) => counted.push(name));
  connection.send(userStatusChanged(['me'], 'ana', 'online', 1));
  connection.send(userStatusChanged(['me'], 'ben', 'online', 2));
  expect(transport.frames).toEqual([]);
  connection.send(sessionReady('me', 'phone', []));
  connection.send(userStatusChanged(['me'], 'ana', 'offline', 3));
  const payloads = transport.frames.map(({ payload }) => payload);
  expect(payloads).toMatchObject([
    { deviceId: 'phone' },
    { userId: 'ana', status: 'online' },
    { userId: 'ben', status: 'online' },
    { userId: 'ana', status: 'offline' },
  ]);
  expect(counted).toEqual(transport.frames.map(({ event }) => event));
});
