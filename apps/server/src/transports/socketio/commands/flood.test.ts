import { connect as connectTcp, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { sessionSchema } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import {
  createHttpClient,
  freshDatabase,
  type FreshDatabase,
  openSocket,
  quietLog,
  type SocketClient,
  until,
} from '@chasqui/testkit';
import { startNode, type Node } from '../../../startNode';

// Clients that connect too often, hold too many connections or never authenticate.

const log = quietLog();
let database: FreshDatabase;
const nodes: Node[] = [];
const sockets: SocketClient[] = [];
const raws: Socket[] = [];
let registered = 0;

async function open(env: Record<string, string> = {}): Promise<string> {
  const node = await startNode({
    settings: parseServerSettings({
      ...{ PORT: '0', DATABASE_URL: database.url, REDIS_URL: process.env.TEST_REDIS_URL },
      ...{ JWT_SECRET: 'a secret of at least thirty-two characters', TRUST_PROXY: '127.0.0.1' },
      ...env,
    }),
    log,
    redisPrefix: `${new URL(database.url).pathname}${JSON.stringify(env)}`,
  });
  nodes.push(node);
  return `http://127.0.0.1:${node.port}`;
}

async function register(url: string) {
  const username = `person${++registered}`;
  const body = { username, email: `${username}@example.org`, password: 'correct horse' };
  return sessionSchema.parse(
    (await createHttpClient(url)('POST', '/api/auth/register', { body })).body,
  );
}

/** Connects from an address. Resolves to `ready` or to the name of the refusal. */
async function attempt(url: string, token: string, address = '192.0.2.1'): Promise<string> {
  try {
    const headers = { 'x-forwarded-for': address };
    sockets.push(await openSocket(url, { auth: { token }, headers }));
    return 'ready';
  } catch (error) {
    const { data, message } = error as { data?: { name: string }; message: string };
    return data?.name ?? message;
  }
}

beforeAll(async () => {
  database = await freshDatabase();
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
  for (const raw of raws.splice(0)) raw.destroy();
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await database.drop();
});

test('connections above the limit of a user are refused by name on both nodes, until one closes', async () => {
  const env = { CONNECTIONS_PER_USER: '4' };
  const [one, two] = [await open(env), await open(env)];
  const { access_token: token } = await register(one);
  const other = await register(one);
  for (let i = 0; i < 4; i++) expect(await attempt(one, token)).toBe('ready');
  expect(await attempt(one, token)).toBe('RateLimitError');
  expect(await attempt(one, other.access_token)).toBe('ready');
  // The other node learns the number of connections a moment later.
  await until('the other node refuses too', async () => {
    return (await attempt(two, token)) === 'RateLimitError';
  });
  expect(sockets.length).toBeLessThanOrEqual(4 + 1 + 4);
  for (const socket of sockets) socket.close();
  await until(
    'a connection is accepted again',
    async () => (await attempt(one, token)) === 'ready',
  );
});

test('connections above the limit of an address are refused by name, and after many refusals with HTTP 429', async () => {
  const url = await open({ CONNECTIONS_PER_ADDRESS: '3' });
  const { access_token: token } = await register(url);
  for (let i = 0; i < 3; i++) expect(await attempt(url, token)).toBe('ready');
  expect(await attempt(url, token)).toBe('RateLimitError');
  expect(await attempt(url, token, '192.0.2.2')).toBe('ready');
  const refusals = new Set<string>();
  await until('further attempts are refused without a name', async () => {
    const some = await Promise.all(Array.from({ length: 50 }, () => attempt(url, token)));
    for (const refusal of some) refusals.add(refusal);
    return refusals.size > 1;
  });
  expect([...refusals].sort()).toEqual(['RateLimitError', 'websocket error']);
  // A poll gets the same response as a REST request.
  const headers = { 'x-forwarded-for': '192.0.2.1' };
  const poll = () =>
    createHttpClient(url)('GET', '/socket.io/?EIO=4&transport=polling', { headers });
  let refused: Awaited<ReturnType<typeof poll>> | undefined;
  await until('a poll is refused too', async () => {
    const some = await Promise.all(Array.from({ length: 100 }, poll));
    refused = some.find(({ status }) => status !== 200);
    return refused !== undefined;
  });
  expect(refused).toMatchObject({ status: 429, body: { error: { name: 'RateLimitError' } } });
  expect(refused?.headers.get('retry-after')).toBe('10');
  const { body } = await createHttpClient(url)('GET', '/metrics');
  expect(body).toMatch(/chasqui_refused_total\{state="connect"\} \d+/);
});

test('with RATE_LIMIT=off nothing is refused', async () => {
  const url = await open({
    CONNECTIONS_PER_ADDRESS: '1',
    CONNECTIONS_PER_USER: '1',
    RATE_LIMIT: 'off',
  });
  const { access_token: token } = await register(url);
  for (let i = 0; i < 5; i++) expect(await attempt(url, token)).toBe('ready');
});

test('connections that send nothing, half a request or no handshake are closed within 15 s', async () => {
  const port = Number(new URL(await open()).port);
  const head =
    'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
  const requests = [
    '',
    'GET /api/users/me HTTP/1.1\r\nHost: x\r\nX-Slow: ',
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${head}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${head}`,
  ];
  const began = performance.now();
  const ended = new Map<string, number>();
  for (const request of requests) {
    const socket = connectTcp({ host: '127.0.0.1', port });
    raws.push(socket);
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(request);
    socket.once('close', () => ended.set(request, performance.now() - began));
  }
  await until('all are closed', () => ended.size === requests.length);
  expect([...ended].filter(([, tookMs]) => tookMs > 15_000)).toEqual([]);
});
