import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { createClientAddress, createProxies, parseAddress } from './clientAddress';

function request(remoteAddress: string, forwarded?: string): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  Object.defineProperty(message.socket, 'remoteAddress', { value: remoteAddress });
  if (forwarded !== undefined) message.headers['x-forwarded-for'] = forwarded;
  return message;
}

test('X-Forwarded-For from an untrusted address is ignored', () => {
  const addressOf = createClientAddress([]);
  expect(addressOf(request('203.0.113.9', '1.2.3.4'))).toBe('203.0.113.9');
});

test('the address from a trusted proxy is used, and the ones that clients sent are ignored', () => {
  const addressOf = createClientAddress(['10.0.0.0/8', '127.0.0.1']);
  expect(addressOf(request('127.0.0.1', '1.2.3.4, 203.0.113.9, 10.1.1.1'))).toBe('203.0.113.9');
  expect(addressOf(request('::ffff:127.0.0.1', '203.0.113.9'))).toBe('203.0.113.9');
  expect(addressOf(request('127.0.0.1', 'nonsense'))).toBe('127.0.0.1');
  expect(addressOf(request('127.0.0.1'))).toBe('127.0.0.1');
});

test('addresses of one IPv6 /64 network count as one', () => {
  const addressOf = createClientAddress([]);
  const one = addressOf(request('2001:db8:0:1::1'));
  expect(addressOf(request('2001:0db8:0000:0001:ffff::2'))).toBe(one);
  expect(addressOf(request('2001:db8:0:2::1'))).not.toBe(one);
});

test.each([
  ['203.0.113.9', '203.0.113.9'],
  [' 203.0.113.9:4711 ', '203.0.113.9'],
  ['[2001:db8::1]:4711', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['::ffff:cb00:7109', '203.0.113.9'],
  ['0:0:0:0:0:FFFF:cb00:7109', '203.0.113.9'],
  ['[::ffff:cb00:7109]:4711', '203.0.113.9'],
  ['::', '::'],
  ['::1', '::1'],
])('%j is parsed as %s', (text, address) => {
  expect(parseAddress(text)).toBe(address);
});

test.each([
  '',
  'unknown',
  '_hidden',
  '203.0.113',
  '[2001:db8::1',
  'chat.example:80',
  ':80',
  '[]:80',
])('%j is not an address', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

test('clients behind a proxy that writes ports, brackets or mapped addresses have separate limits', () => {
  const addressOf = createClientAddress(['127.0.0.1']);
  const seen = (forwarded: string) => addressOf(request('::ffff:7f00:1', forwarded));
  expect(seen('203.0.113.9:4711')).toBe('203.0.113.9');
  expect(seen('203.0.113.9:4712')).toBe('203.0.113.9');
  expect(seen('::ffff:cb00:7109')).toBe('203.0.113.9');
  expect(seen('[2001:db8:0:1::1]:4711')).toBe('2001:db8:0:1::/64');
  expect(seen('203.0.113.9, ')).toBe('203.0.113.9');
  expect(seen('203.0.113.9, unknown')).toBe('127.0.0.1');
});

test('a proxy is recognized in every form of its address', () => {
  const isProxy = createProxies(['10.0.0.0/8', '::ffff:192.0.2.1', '2001:db8::/32']);
  for (const address of ['10.1.2.3', '::ffff:a01:203', '192.0.2.1', '2001:DB8::7']) {
    expect(isProxy(address)).toBe(true);
  }
  for (const address of ['11.1.2.3', '::ffff:b01:203', '2001:db9::7', 'unknown', '']) {
    expect(isProxy(address)).toBe(false);
  }
});
