import { connect } from 'node:net';
import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture } from '@chasqui/testkit';
import { startNode, type Node } from '../../../startNode';

// Requests that no HTTP library sends, compared byte by byte.

let fixture: ServerFixture<Node>;
let node: Node;
beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log: quietLog(), redisPrefix }),
  );
  node = await fixture.open();
});
afterAll(() => fixture.close());

/** Everything received until the server closes the connection. */
function answerTo(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(node.port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (chunk: Buffer) => void (text += chunk.toString('latin1')));
    socket.on('close', () => resolve(text)).on('error', reject);
  });
}

const request = (line: string, ...headers: string[]): string =>
  [line, 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n');
const statusOf = (answer: string): number => Number(answer.split(' ')[1]);

test.each(['TRACE', 'TRACK', 'DEBUG', 'CONNECT', 'PROPFIND'])(
  'method %s is refused without repeating input',
  async (method) => {
    const answer = await answerTo(request(`${method} /api/users/me HTTP/1.1`, 'X-Echo: s3cret'));
    expect([400, 404]).toContain(statusOf(answer) || 404);
    expect(answer).not.toContain('s3cret');
  },
);

const login = 'POST /api/auth/login HTTP/1.1';
const json = 'Content-Type: application/json';
test.each<[string, string]>([
  [
    'both Content-Length and Transfer-Encoding',
    `${request(login, json, 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  ],
  ['two lengths', `${request(login, json, 'Content-Length: 2', 'Content-Length: 4')}{}{}`],
  ['a length that is not a number', `${request(login, json, 'Content-Length: +2')}{}`],
  ['a coding before chunked', request(login, json, 'Transfer-Encoding: chunked, identity')],
  ['a space before a colon', request(login, json, 'Content-Length : 2')],
  ['a folded header', request(login, 'X-A: b\r\n c')],
  ['a bare line feed', 'GET / HTTP/1.1\nHost: localhost\n\n'],
  ['a wrong chunk size', `${request(login, json, 'Transfer-Encoding: chunked')}zz\r\n`],
])('a request with %s is refused, and the connection closed', async (_what, text) => {
  const answer = await answerTo(text);
  expect(statusOf(answer)).toBe(400);
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
});

test('refusals outside of handlers have no body that a browser could render', async () => {
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket'];
  const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  for (const [text, status] of [
    [request('GET / HTTP/1.1', `X-Long: ${'x'.repeat(16_384)}`), 431],
    [request('GET / HTTP/1.1', ...Array.from({ length: 120 }, (_, i) => `X-${i}: y`)), 431],
    [request('NONSENSE'), 400],
    [request('GET /elsewhere HTTP/1.1', ...upgrade, ...key), 404],
  ] as const) {
    const answer = await answerTo(text);
    expect(statusOf(answer)).toBe(status);
    // Empty, or the end of an empty chunked body.
    expect(answer.split('\r\n\r\n')[1]).toMatch(/^0?$/);
  }
});

test('no response reveals the software behind it', async () => {
  const texts = await Promise.all(
    [
      '/',
      '/about',
      '/healthz',
      '/nothing',
      '/api/users/me',
      '/socket.io/?EIO=4&transport=polling',
      '/metrics',
    ].map((path) => answerTo(request(`GET ${path} HTTP/1.1`))),
  );
  for (const text of texts) {
    expect(text.split('\r\n\r\n')[0]).not.toMatch(/^(?:server|x-powered-by|via|x-aspnet)/im);
    expect(text).not.toContain(process.version);
    expect(text).not.toMatch(/express\/|node\.?js\/|socket\.io\/\d|postgres(?:ql)? \d|redis \d/i);
  }
});
