import { userStatusChanged } from '@chasqui/core';
import { encodeBlock, encodeEvent } from './eventStream';

test('data has a line for each line, however it ends', () => {
  expect(encodeBlock({ id: '1', data: 'a\rb\nc\r\nd\n' })).toBe(
    'id: 1\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \n\n',
  );
  expect(encodeBlock({ id: '2', data: '', event: 'x', retry: 5 })).toBe(
    'id: 2\nretry: 5\nevent: x\ndata: \n\n',
  );
});

test('an event has the id of its stream, a type, and its data', () => {
  const event = userStatusChanged(['me'], 'ana', 'online', 1);
  expect(encodeEvent(event, '#7')).toBe(`id: #7\nevent: user-status\ndata: ${event.json}\n\n`);
});
