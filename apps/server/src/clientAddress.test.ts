import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { createClientAddress } from './clientAddress';

function request(remoteAddress: string, forwarded?: string): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  Object.defineProperty(message.socket, 'remoteAddress', { value: remoteAddress });
  if (forwarded !== undefined) message.headers['x-forwarded-for'] = forwarded;
  return message;
}

test('X-Forwarded-For from anybody is not believed', () => {
  const addressOf = createClientAddress([]);
  expect(addressOf(request('203.0.113.9', '1.2.3.4'))).toBe('203.0.113.9');
});

test('a configured proxy is believed, and what it was told by others is not', () => {
  const addressOf = createClientAddress(['10.0.0.0/8', '127.0.0.1']);
  expect(addressOf(request('127.0.0.1', '1.2.3.4, 203.0.113.9, 10.1.1.1'))).toBe('203.0.113.9');
  expect(addressOf(request('::ffff:127.0.0.1', '203.0.113.9'))).toBe('203.0.113.9');
  expect(addressOf(request('127.0.0.1', 'nonsense'))).toBe('127.0.0.1');
  expect(addressOf(request('127.0.0.1'))).toBe('127.0.0.1');
});

test('addresses of one IPv6 network count as one', () => {
  const addressOf = createClientAddress([]);
  const one = addressOf(request('2001:db8:0:1::1'));
  expect(addressOf(request('2001:0db8:0000:0001:ffff::2'))).toBe(one);
  expect(addressOf(request('2001:db8:0:2::1'))).not.toBe(one);
});
