import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { capabilities } from '@chasqui/protocol';
import { findPort } from '@chasqui/services';
import { parseServerSettings } from '@chasqui/settings';
import {
  createHttpClient,
  freshDatabase,
  type FreshDatabase,
  type HttpClient,
  quickestOf,
  quietLog,
  until,
} from '@chasqui/testkit';
import { startNode, type Node } from '../startNode';

const nodes: Node[] = [];
const log = quietLog();
let database: FreshDatabase;

async function open(env: Record<string, string>): Promise<HttpClient> {
  const node = await startNode({
    settings: parseServerSettings({
      PORT: '0',
      DATABASE_URL: database.url,
      REDIS_URL: process.env.TEST_REDIS_URL,
      JWT_SECRET: 'a secret of at least thirty-two characters',
      ...env,
    }),
    log,
    redisPrefix: new URL(database.url).pathname,
  });
  nodes.push(node);
  return createHttpClient(`http://127.0.0.1:${node.port}`);
}

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await database.drop();
});

const ana = { username: 'ana', email: 'ana@example.org', password: 'correct horse' };

test('a node announces what is configured', async () => {
  const offered = async (env: Record<string, string>): Promise<unknown> =>
    (await (await open(env))('GET', '/healthz')).body;
  expect(await offered({})).toMatchObject({ capabilities: ['mercure', 'pusher'] });
  const application = {
    ...{ MERCURE_PUBLISHER_JWT_KEY: 'k'.repeat(32), MERCURE_SUBSCRIPTIONS: 'on' },
    ...{ PUSHER_APP_ID: '7', PUSHER_KEY: 'key', PUSHER_SECRET: 's'.repeat(32) },
  };
  expect(await offered(application)).toMatchObject({ capabilities });
});

test('a fully connected node is alive and ready, and exposes its metrics', async () => {
  const http = await open({});
  expect((await http('GET', '/healthz')).body).toMatchObject({ status: 'ok', protocol: 1 });
  // It starts serving before Redis is connected (D11), and becomes ready later.
  await until('it is ready', async () => {
    expect(await http('GET', '/readyz')).toMatchObject({
      status: 200,
      body: { status: 'ok', postgres: 'ok', redis: 'ok' },
    });
    return true;
  });
  const { body } = await http('GET', '/metrics');
  for (const figure of [
    'chasqui_connections 0',
    'chasqui_sends_total 0',
    'chasqui_send_batch_size_count',
    'chasqui_delivery_latency_seconds_bucket',
    'chasqui_deliveries{state="pending"} 0',
    'chasqui_deliveries{state="dead"} 0',
    'chasqui_queue_jobs{state="waiting"} 0',
    'chasqui_event_loop_delay_seconds{state="p99"}',
    'chasqui_pool_connections{state="using"}',
    'chasqui_redis_up 1',
    'chasqui_sweep_findings 0',
    'chasqui_audit_findings 0',
  ]) {
    expect(body).toContain(figure);
  }
});

test('keep-alive lasts longer than that of proxies', async () => {
  const http = await open({});
  const { headers } = await http('GET', '/healthz');
  const [, seconds] = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '') ?? [];
  // nginx and cloud balancers: the side that may have a request in flight must close first.
  expect(Number(seconds)).toBeGreaterThan(60);
});

test('the page at /about is HTML without scripts, under a policy that forbids them', async () => {
  const http = await open({});
  const { body, headers } = await http('GET', '/about');
  expect(headers.get('content-type')).toContain('text/html');
  expect(headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(headers.get('content-security-policy')).not.toContain('unsafe');
  expect(body).not.toContain('<script');
  for (const path of ['/docs/openapi.json', '/docs/asyncapi.json']) {
    expect(body).toContain(`href="${path}"`);
    expect((await http('GET', path)).status).toBe(200);
  }
});

test('the web client is served at /, under a policy that allows only our own scripts', async () => {
  const http = await open({});
  const { status, body, headers } = await http('GET', '/');
  expect(status).toBe(200);
  expect(body).toContain('<div id="root">');
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("worker-src 'self'");
  expect(policy).not.toContain('unsafe');
  expect((await http('GET', '/serviceWorker.js')).headers.get('cache-control')).toContain(
    'no-cache',
  );
  expect((await http('GET', '/manifest.webmanifest')).status).toBe(200);
});

test('pages of listed origins may read responses, others may not', async () => {
  const http = await open({ CORS_ORIGINS: 'https://app.example' });
  const allowed = async (origin: string) =>
    (await http('GET', '/healthz', { headers: { origin } })).headers.get(
      'access-control-allow-origin',
    );
  expect(await allowed('https://app.example')).toBe('https://app.example');
  expect(await allowed('https://evil.example')).not.toBe('https://evil.example');
});

test('[D11] without Redis a node starts, serves, and reports that it is degraded', async () => {
  const http = await open({ REDIS_URL: `redis://127.0.0.1:${await findPort('127.0.0.1')}` });
  await until('PostgreSQL alone is there', async () => {
    expect(await http('GET', '/readyz')).toMatchObject({
      status: 200,
      body: { status: 'degraded', postgres: 'ok', redis: 'down' },
    });
    return true;
  });
  let people = 0;
  const tookMs = await quickestOf(3, async () => {
    const body = { ...ana, username: `ana${++people}`, email: `ana${people}@example.org` };
    expect((await http('POST', '/api/auth/register', { body })).status).toBe(201);
  });
  expect(tookMs).toBeLessThan(3_000);
});

test('[D11] without PostgreSQL a node starts, is alive, and asks clients to retry', async () => {
  const port = await findPort('127.0.0.1');
  const http = await open({ DATABASE_URL: `postgres://127.0.0.1:${port}/none` });
  expect((await http('GET', '/healthz')).status).toBe(200);
  await until('Redis alone is there', async () => {
    expect(await http('GET', '/readyz')).toMatchObject({
      status: 503,
      body: { status: 'degraded', postgres: 'down', redis: 'ok' },
    });
    return true;
  });
  const reply = await http('POST', '/api/auth/login', { body: ana });
  expect(reply.status).toBe(503);
  expect(reply.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(reply.body).toMatchObject({ error: { name: 'UnavailableError' } });
  // The operator sees the cause that the client does not.
  expect(log.lines).toContainEqual({
    level: 'warn',
    fields: expect.objectContaining({ route: '/api/auth/login', count: 1 }) as object,
    message: 'refused as unavailable',
  });
});

test('failed logins are limited by name, even without Redis', async () => {
  for (const url of [
    process.env.TEST_REDIS_URL,
    `redis://127.0.0.1:${await findPort('127.0.0.1')}`,
  ]) {
    const http = await open({ REDIS_URL: url ?? '' });
    const attempt = () =>
      http('POST', '/api/auth/login', { body: { username: 'victim', password: 'guess' } });
    let guesses = 0;
    const refused = await until('no more are taken', async () => {
      const reply = await attempt();
      if (reply.status === 401) guesses += 1;
      return reply.status === 401 ? null : reply;
    });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    // Fifty at once; a slow machine may earn a few more meanwhile, one in 12 s.
    expect(guesses).toBeGreaterThanOrEqual(50);
    expect(guesses).toBeLessThan(60);
  }
});

test('a port in use rejects the start after closing everything', async () => {
  const taken = nodes[0]?.port ?? 0;
  await expect(open({ PORT: String(taken) })).rejects.toThrow('EADDRINUSE');
});

/** Every entry point: REST, the web client, a poll that opens a session, a WebSocket. */
function statusFor(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    asked.on('error', reject).end();
  });
}

test('a foreign host name is refused on loopback at every entry point', async () => {
  await open({});
  const url = `http://127.0.0.1:${nodes.at(-1)?.port}`;
  const upgrade = {
    ...{ connection: 'Upgrade', upgrade: 'websocket' },
    ...{ 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==', 'sec-websocket-version': '13' },
  };
  for (const [path, more, admitted, refused] of [
    ['/healthz', {}, 200, 400],
    ['/about', {}, 200, 400],
    ['/api/users/me', {}, 401, 400],
    ['/socket.io/?EIO=4&transport=polling', {}, 200, 403],
    ['/socket.io/?EIO=4&transport=websocket', upgrade, 101, 400],
  ] as const) {
    expect(await statusFor(url + path, { ...more, host: 'localhost:5000' })).toBe(admitted);
    expect(await statusFor(url + path, { ...more, host: 'rebound.example:5000' })).toBe(refused);
  }
});

test('METRICS_TOKEN protects the metrics and SECURITY_CONTACT is published; neither by default', async () => {
  const byDefault = await open({});
  expect((await byDefault('GET', '/metrics')).status).toBe(200);
  expect((await byDefault('GET', '/.well-known/security.txt')).status).toBe(404);
  const token = 'a-token-of-the-monitoring';
  const closed = await open({
    METRICS_TOKEN: token,
    SECURITY_CONTACT: 'mailto:security@chat.example',
  });
  expect((await closed('GET', '/metrics')).status).toBe(401);
  expect((await closed('GET', '/metrics', { token: `${token}x` })).status).toBe(401);
  expect((await closed('GET', '/metrics', { token })).status).toBe(200);
  const { status, body } = await closed('GET', '/.well-known/security.txt');
  expect(status).toBe(200);
  expect(body).toMatch(/^Contact: mailto:security@chat\.example\nExpires: 2\S+Z\n$/);
});

test('the free space of DATA_DIR is a metric if the directory is set', async () => {
  const [watched, other] = [await open({ DATA_DIR: tmpdir() }), await open({})];
  const line = /^chasqui_disk_free_bytes \d/m;
  await until('it was read', async () =>
    line.test(String((await watched('GET', '/metrics')).body)),
  );
  expect((await other('GET', '/metrics')).body).not.toMatch(line);
});
