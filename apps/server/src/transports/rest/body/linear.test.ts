import { request } from 'node:http';
import { parseServerSettings } from '@chasqui/settings';
import { hostileTexts, openServerFixture, quietLog, type ServerFixture } from '@chasqui/testkit';
import { startNode, type Node } from '../../../startNode';

// Every header that is parsed, by this server or by a library, at the largest accepted size.

let fixture: ServerFixture<Node>;
beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log: quietLog(), redisPrefix }),
  );
  await fixture.open({ RATE_LIMIT: 'off', TRUST_PROXY: '127.0.0.1' });
});
afterAll(() => fixture.close());

/** Below the 12,288 bytes allowed for all headers. */
const LENGTH = 11_000;
/** Of processor time, client and server together. A request takes a few; quadratic work at this length takes hundreds. */
const BOUND_MS = 100;

function ask(method: string, path: string, headers: Record<string, string>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request(
      `${fixture.urlOf()}${path}`,
      { method, headers, agent: false },
      (response) => response.resume().once('close', () => resolve(response.statusCode)),
    );
    asked.on('upgrade', (_response, socket) => resolve(socket.destroy()));
    asked.on('error', reject).end(method === 'POST' ? '{}' : '');
  });
}

const headers = [
  ...['Host', 'Origin', 'Authorization', 'Content-Type', 'Content-Encoding', 'User-Agent'],
  ...['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Forwarded', 'Cookie', 'Accept'],
  ...['Accept-Encoding', 'Range', 'If-None-Match', 'If-Modified-Since', 'If-Range', 'Expect'],
  ...['Access-Control-Request-Headers', 'Access-Control-Request-Method', 'Sec-WebSocket-Protocol'],
];
/** Prefixes after which a parser continues with the hostile text. */
const beginnings: Readonly<Record<string, string>> = {
  'Content-Type': 'application/json',
  Authorization: 'Bearer ',
  Range: 'bytes=0-',
  'If-None-Match': 'W/"',
  Origin: 'https://',
};
const asks: [method: string, path: string][] = [
  ['GET', '/'],
  ['GET', '/api/users/me'],
  ['POST', '/api/auth/login'],
  ['OPTIONS', '/api/users/me'],
  ['GET', '/socket.io/?EIO=4&transport=polling'],
];
/** Texts that headers and paths can contain. */
const texts = hostileTexts(LENGTH).filter((text) => !text.includes('\t') && text.trim() !== '');

test.each(headers)('%s is parsed in linear time', async (name) => {
  for (const text of texts.filter((_, i) => i % 2 === 0)) {
    for (const [method, path] of asks) {
      const ms = await quickest(() =>
        ask(method, path, { [name]: `${beginnings[name] ?? 'x'}${text}` }),
      );
      expect([name, text.slice(0, 8), ms > BOUND_MS]).toEqual([name, text.slice(0, 8), false]);
    }
  }
});

test('paths and queries are parsed in linear time', async () => {
  for (const text of texts) {
    const path = encodeURI(text).slice(0, LENGTH).replace(/%.?$/, '');
    for (const url of [
      `/${path}`,
      `/assets/${path}`,
      `/api/users?${path}`,
      `/socket.io/?${path}`,
    ]) {
      const ms = await quickest(() => ask('GET', url, {}));
      expect([url.slice(0, 20), ms > BOUND_MS]).toEqual([url.slice(0, 20), false]);
    }
  }
});

/**
 * Milliseconds of this process's processor time, which waiting for a busy machine does not add to. The shortest of up to
 * five runs: one quick run proves that the work is small.
 */
async function quickest(work: () => Promise<unknown>): Promise<number> {
  let shortest = Infinity;
  for (let run = 0; run < 5 && shortest > BOUND_MS; run += 1) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    shortest = Math.min(shortest, (user + system) / 1_000);
  }
  return shortest;
}
