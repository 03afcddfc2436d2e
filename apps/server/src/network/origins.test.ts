import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { createOrigins } from './origins';

function from(origin?: string, headers: Record<string, string> = {}, remote = '203.0.113.9') {
  const message = new IncomingMessage(new Socket());
  Object.defineProperty(message.socket, 'remoteAddress', { value: remote });
  const ofPage = origin === undefined ? {} : { origin };
  message.headers = { host: 'chat.example:5000', ...ofPage, ...headers };
  return message;
}

const origins = createOrigins({
  listed: ['https://app.example'],
  isProxy: (address) => address === '10.0.0.1',
});

test('no Origin, the own host and listed origins are accepted; foreign ones are not', () => {
  expect(origins.admits(from())).toBe(true);
  expect(origins.admits(from('http://chat.example:5000'))).toBe(true);
  expect(origins.admits(from('https://app.example'))).toBe(true);
  expect(origins.admits(from('https://evil.example'))).toBe(false);
  expect(origins.admits(from('https://app.example.evil.example'))).toBe(false);
  expect(origins.admits(from('http://chat.example'))).toBe(false);
  expect(origins.admits(from('null'))).toBe(false);
  expect(origins.admits(from(`https://${'a'.repeat(10_000)}`))).toBe(false);
});

test("the scheme's default port may be present or absent", () => {
  expect(origins.admits(from('http://chat.example', { host: 'chat.example:80' }))).toBe(true);
  expect(origins.admits(from('https://chat.example', { host: 'chat.example:443' }))).toBe(true);
  expect(origins.admits(from('https://chat.example', { host: 'Chat.Example.' }))).toBe(true);
  expect(origins.admits(from('https://chat.example', { host: 'chat.example:80' }))).toBe(false);
  expect(origins.admits(from('http://[::1]:5000', { host: '[::1]:5000' }))).toBe(true);
});

test.each([
  ['$http_host', { host: 'chat.example:8443' }],
  ['$host', { host: 'chat.example' }],
  ['$host:$server_port', { host: 'chat.example:8080' }],
  ['X-Forwarded-Host', { host: 'backend:5000', 'x-forwarded-host': 'chat.example:8443' }],
  ['two hosts', { host: 'backend:5000', 'x-forwarded-host': 'first.example, chat.example' }],
])(
  'behind a trusted proxy that sends %s, its own pages are accepted and others are not',
  (_, headers) => {
    const page = 'https://chat.example:8443';
    expect(origins.admits(from(page, headers, '10.0.0.1'))).toBe(true);
    expect(origins.admits(from('https://evil.example', headers, '10.0.0.1'))).toBe(false);
  },
);

test('X-Forwarded-Host from an untrusted address is ignored', () => {
  const headers = { host: 'backend:5000', 'x-forwarded-host': 'chat.example' };
  expect(origins.admits(from('https://chat.example', headers))).toBe(false);
});

test('a request with Sec-Fetch-Site: same-origin is accepted', () => {
  const request = (site: string) =>
    from('https://chat.example', { host: 'b', 'sec-fetch-site': site });
  expect(origins.admits(request('same-origin'))).toBe(true);
  expect(origins.admits(request('same-site'))).toBe(false);
  expect(origins.admits(request('cross-site'))).toBe(false);
});
